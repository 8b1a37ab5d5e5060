// A password is all that was stolen: what it opens and what it tells must stay within what a password proves (G3 11.1(c)),
// over sign-on and over LDAP alike.
import { expect } from 'chai';
import { ldapClient } from '../journeys/systems.ts';
import { dnOf, imDn, openWorld, suffix, type World, password as worldPassword } from '../ldap/world.ts';
import { start } from '../oidc/relying_party.ts';
import { openSignOn, password, type SignOn } from '../oidc/sign_on.ts';

describe('whoever holds a password alone', () => {
  describe('at sign-on', () => {
    let signOn: SignOn;
    before(async () => {
      signOn = await openSignOn({ passwordOnlyForConfidential: false });
    });
    after(() => signOn.close());

    async function enter(clientId: string, uid = 'tmchan') {
      const { browser, url } = await start(signOn, clientId);
      return {
        browser,
        page: await browser.submit(await browser.open(url), { uid, password, action: 'login' }),
      };
    }

    it('does not enter a system that handles CONFIDENTIAL', async () => {
      const { browser, page } = await enter('im');
      expect(page.status).to.equal(403);
      expect(page.body).to.contain('A stronger proof of identity is needed');
      const { away } = await browser.submit(page, { action: 'abort' });
      const answer = away?.searchParams;
      expect(answer?.get('error')).to.equal('access_denied');
      expect(answer?.get('error_description')).to.contain('stronger proof of identity');
      expect(answer?.has('code')).to.equal(false);
    });

    it('enters a system that handles RESTRICTED, and is told without a page where asked silently', async () => {
      const { browser, page } = await enter('mail');
      expect(page.away?.searchParams.get('code')).to.be.a('string');
      const silent = await browser.open((await start(signOn, 'im', { prompt: 'none' })).url);
      expect(silent.away?.searchParams.get('error')).to.equal('access_denied');
    });

    it('does not enter below the clearance that a system requires', async () => {
      signOn.directory.addSystem({
        ...{ code: 'mail', classification: 'RESTRICTED', population: null, clearance_approved: false },
        ...{ minimum_clearance: 'RESTRICTED', minimum_strength: null },
      });
      signOn.directory.change('leaver', { clearance: 'NONE' });
      const { browser, page } = await enter('mail', 'leaver');
      expect(page.status).to.equal(403);
      expect(page.body).to.contain('This system requires a clearance');
      const { away } = await browser.submit(page, { action: 'abort' });
      const answer = away?.searchParams;
      expect(answer?.get('error')).to.equal('access_denied');
      expect(answer?.get('error_description')).to.contain('clearance');
    });
  });

  describe('over LDAP', () => {
    let world: World;
    before(async () => {
      world = await openWorld();
    });
    after(() => world.close());

    it('learns no clearance beyond RESTRICTED, by reading, searching or comparing', async () => {
      const client = ldapClient(world.url);
      await client.bind(imDn, worldPassword);
      const { searchEntries } = await client.search(suffix, { filter: '(bauhiniaClearance=*)' });
      const told = new Set(searchEntries.map((entry) => entry.bauhiniaClearance));
      expect([...told].filter((level) => level !== 'NONE' && level !== 'RESTRICTED')).to.deep.equal([]);
      const found = await client.search(suffix, { filter: '(bauhiniaClearance=CONFIDENTIAL)' });
      expect(found.searchEntries).to.deep.equal([]);
      expect(await client.compare(dnOf('u10'), 'bauhiniaClearance', 'CONFIDENTIAL')).to.equal(false);
      const recorded = await client.search(suffix, { filter: '(bauhiniaRecordedClearance=*)' });
      expect(recorded.searchEntries).to.deep.equal([]);
      await client.unbind();
    });
  });
});
