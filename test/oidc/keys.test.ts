import { expect } from 'chai';
import { tokenRevocation } from 'openid-client';
import { anonymous } from '../../src/directory/identity.ts';
import { OperationError } from '../../src/errors.ts';
import { installProviderKeys } from '../../src/oidc/commands.ts';
import { loadProviderKeys } from '../../src/oidc/keys.ts';
import { openKeyWrap } from '../../src/pki/key_wrap.ts';
import { exchange, signIn, start } from './relying_party.ts';
import { openSignOn, type SignOn } from './sign_on.ts';

describe('provider keys (RFC 7517)', () => {
  let signOn: SignOn;
  before(async () => {
    signOn = await openSignOn();
  });
  after(() => signOn.close());

  it('are the same for every starter, however many begin at once on an empty table', async () => {
    await signOn.pool.knex('signing_key').delete();
    const starters = await Promise.all(Array.from({ length: 3 }, () => loadProviderKeys(signOn.keyPorts)));
    const [first] = starters;
    for (const keys of starters) expect(keys).to.deep.equal(first);
    expect(first?.jwks.keys.map(({ alg }) => alg)).to.deep.equal(['RS256', 'ES256']);
    const rows = await signOn.pool.knex('signing_key').whereIn('purpose', ['oidc', 'cookie']);
    expect(rows).to.have.length(3);
  });

  it('do not open under another master key', async () => {
    const keyWrap = openKeyWrap(Buffer.alloc(32, 7));
    try {
      await loadProviderKeys({ ...signOn.keyPorts, keyWrap });
      expect.fail('opened');
    } catch (error) {
      expect(error).to.be.instanceOf(OperationError).with.property('code', 'configuration');
    }
  });

  it('are installed by the service or a system administrator only', async () => {
    const origin = { identity: anonymous('cli', null), request: 'test' };
    try {
      await signOn.keyPorts.commands.run(installProviderKeys, [], origin);
      expect.fail('installed');
    } catch (error) {
      expect(error).to.be.instanceOf(OperationError).with.property('code', 'access_denied');
    }
  });
});

describe('oidc-provider’s own warnings', () => {
  it('are none, from construction through a whole sign-in', async () => {
    const said: string[] = [];
    const { info, warn } = console;
    console.info = (text: string) => said.push(text);
    console.warn = (text: string) => said.push(text);
    try {
      const signOn = await openSignOn();
      const started = await start(signOn, 'im');
      const tokens = await exchange(started, await signIn(started));
      await tokenRevocation(started.config, tokens.access_token);
      await fetch(`${signOn.issuer}/oidc/authorize`);
      await signOn.close();
    } finally {
      Object.assign(console, { info, warn });
    }
    expect(said.filter((text) => text.includes('oidc-provider'))).to.deep.equal([]);
  });
});
