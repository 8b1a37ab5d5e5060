// A password of one letter, and one made of its holder's names, on every face that sets one: none checks less strictly.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword } from '../../seeds/demo_secrets.ts';
import { type CommandResult, type RunningServer, startServer } from '../journeys/running_server.ts';
import { personDn } from '../journeys/systems.ts';
import { passwordModifyRequest } from '../ldap/password_request.ts';
import { bindRequest, RawClient } from '../ldap/raw_client.ts';

const invalidValue = 2;

interface Face {
  /** Whose password it would be. */
  uid: string;
  set(password: string): Promise<{ refused: boolean; text: string }>;
}

describe('a password that is too weak', function () {
  this.timeout(120_000);
  let server: RunningServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.remove());

  async function fileOf(password: string): Promise<string> {
    const file = join(server.dataDir, 'weak');
    await writeFile(file, password, { mode: 0o600 });
    return file;
  }

  const faces: Record<string, Face> = {
    'person create': {
      uid: 'klfan',
      set: async (password) =>
        outcome(
          await server.cli(
            ...['person', 'create', 'klfan', '--surname', 'Fan', '--given-name', 'Ka-lok'],
            ...['--organisation', 'CSB', '--staff-number', '700200'],
            ...['--password-file', await fileOf(password)],
          ),
        ),
    },
    'person set-password': {
      uid: demoUids.clerk,
      set: async (password) =>
        outcome(
          await server.cli(
            ...['person', 'set-password', demoUids.clerk],
            ...['--password-file', await fileOf(password)],
          ),
        ),
    },
    'password modify by its holder': {
      uid: demoUids.clerk,
      set: (password) => modify(demoUids.clerk, {}, password),
    },
    'password modify by the help desk': {
      uid: demoUids.contractor,
      set: (password) => modify(demoUids.helpDesk, { user: personDn(demoUids.contractor) }, password),
    },
  };

  function outcome({ status, stderr }: CommandResult): { refused: boolean; text: string } {
    return { refused: status === invalidValue, text: stderr };
  }

  async function modify(by: string, { user }: { user?: string }, chosen: string) {
    const client = await RawClient.open(server.ports.ldap);
    try {
      expect((await client.ask(1, bindRequest(1, personDn(by), demoPassword))).code).to.equal(0);
      const whose = user === undefined ? { old: demoPassword } : { user };
      const { code, text } = await client.ask(2, passwordModifyRequest(2, { ...whose, chosen }));
      return { refused: code === 19, text };
    } finally {
      client.end();
    }
  }

  for (const [face, { uid, set }] of Object.entries(faces)) {
    it(`is refused by ${face}`, async () => {
      const weak = {
        a: /at least 8 characters/,
        [`${uid}-2931A`]: /a login name/,
        'Password-2026': /a common word/,
      };
      for (const [password, words] of Object.entries(weak)) {
        const { refused, text } = await set(password);
        expect(refused, `${password}: ${text}`).to.equal(true);
        expect(text).to.match(words);
        if (password.length > 1) expect(text, 'names no password').to.not.contain(password);
      }
    });
  }

  it('nothing was set by any of them', async () => {
    const client = await RawClient.open(server.ports.ldap);
    const codes = [];
    for (const [at, uid] of [demoUids.clerk, demoUids.contractor].entries())
      codes.push((await client.ask(at + 1, bindRequest(at + 1, personDn(uid), demoPassword))).code);
    client.end();
    expect(codes).to.deep.equal([0, 0]);
  });
});
