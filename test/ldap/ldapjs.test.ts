// The ldapjs client, which the B/Ds' own programs are written with, against this server.
import { expect } from 'chai';
import ldapjs from 'ldapjs';
import { dnOf, openWorld, password, suffix, type World } from './world.ts';

/** Runs one call of ldapjs's callback style. */
function call<T>(work: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    work((error, value) => (error === null ? resolve(value) : reject(error)));
  });
}

function search(client: ldapjs.Client, base: string, options: ldapjs.SearchOptions): Promise<string[]> {
  return new Promise((resolve, reject) => {
    client.search(base, options, (error, response) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const found: string[] = [];
      response.on('searchEntry', (entry) => found.push(String(entry.objectName)));
      response.on('error', reject);
      response.on('end', () => resolve(found));
    });
  });
}

describe('the ldapjs client', () => {
  let world: World;
  let client: ldapjs.Client;
  before(async () => {
    world = await openWorld();
    client = ldapjs.createClient({ url: world.url });
    await call((done) => client.bind(dnOf('u1'), password, done));
  });
  after(async () => {
    await call((done) => client.unbind((error) => done(error ?? null, undefined)));
    await world.close();
  });

  it('searches', async () => {
    expect(await search(client, suffix, { scope: 'sub', filter: '(&(uid=u1?)(!(sn=lee)))' })).to.deep.equal(
      [],
    );
    const found = await search(client, suffix, { scope: 'sub', filter: '(&(uid=u1*)(mail=u12*))' });
    expect(found).to.have.members(
      [12, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129].map((number) => dnOf(`u${number}`)),
    );
  });

  it('pages', async () => {
    const found = await search(client, `ou=people,${suffix}`, {
      scope: 'sub',
      filter: '(uid=u*)',
      paged: { pageSize: 100 },
      attributes: ['uid'],
    });
    expect(found).to.have.length(300);
  });

  it('compares', async () => {
    const compare = (value: string) =>
      call<boolean | undefined>((done) => client.compare(dnOf('u3'), 'sn', value, done));
    expect(await compare('CHAN')).to.equal(true);
    expect(await compare('Wong')).to.equal(false);
  });

  it('is told that a write is refused', async () => {
    const refusal: unknown = await call((done) =>
      client.del(dnOf('u3'), (error) => done(error ?? null, null)),
    ).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(ldapjs.UnwillingToPerformError);
  });
});
