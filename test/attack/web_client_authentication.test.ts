// A client's secret is taken only the way the client is registered for (OpenID Connect Dynamic Client Registration 1.0
// section 2, token_endpoint_auth_method): a secret in a form is written into logs that never hold a header.
import { expect } from 'chai';
import { openSignOn, type SignOn } from '../oidc/sign_on.ts';

type Presented = 'client_secret_basic' | 'client_secret_post' | 'none';
const endpoints = ['/oidc/token', '/oidc/introspect', '/oidc/revoke', '/oidc/par'] as const;

describe('a client secret presented in another way than the registered one (RFC 6749 2.3.1, 5.2)', () => {
  let signOn: SignOn;
  before(async () => {
    signOn = await openSignOn();
    const im = signOn.clients.get('im');
    if (im === undefined) throw new Error('no client');
    signOn.clients.set('poster', {
      ...{ ...im, clientId: 'poster', secret: 'secret-of-poster' },
      metadata: { ...im.metadata, token_endpoint_auth_method: 'client_secret_post' },
    });
  });
  after(() => signOn.close());

  async function ask(endpoint: string, clientId: string, presented: Presented) {
    const secret = `secret-of-${clientId}`;
    const body = new URLSearchParams({
      ...{ grant_type: 'refresh_token', refresh_token: 'none', token: 'none', response_type: 'code' },
      ...(presented !== 'client_secret_basic' && { client_id: clientId }),
      ...(presented === 'client_secret_post' && { client_secret: secret }),
    });
    const response = await fetch(signOn.issuer + endpoint, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        ...(presented === 'client_secret_basic' && {
          authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
        }),
      },
      body,
    });
    const text = await response.text();
    const { error } = (text === '' ? {} : JSON.parse(text)) as { error?: string };
    return { status: response.status, error, challenge: response.headers.get('www-authenticate') };
  }

  for (const endpoint of endpoints) {
    it(`is refused at ${endpoint}, and the registered one is not`, async () => {
      const posted = await ask(endpoint, 'im', 'client_secret_post');
      expect(posted).to.include({ status: 401, error: 'invalid_client' });
      const inHeader = await ask(endpoint, 'poster', 'client_secret_basic');
      expect(inHeader).to.include({ status: 401, error: 'invalid_client' });
      expect(inHeader.challenge).to.match(/^Basic realm=/);
      for (const clientId of ['im', 'poster']) {
        expect(await ask(endpoint, clientId, 'none')).to.include({ status: 401, error: 'invalid_client' });
      }
      expect((await ask(endpoint, 'im', 'client_secret_basic')).error).to.not.equal('invalid_client');
      expect((await ask(endpoint, 'poster', 'client_secret_post')).error).to.not.equal('invalid_client');
    });
  }
});
