// Bounds on connections follow the limit of open files, and no address or account has more than half of what is left.
import { expect } from 'chai';
import { silentLog } from '../../src/log.ts';
import { filesForClients, fitConnections, openFilesLimit } from '../../src/server/open_files.ts';
import { loadSettings } from '../../src/settings.ts';

describe('connections under a limit of open files', () => {
  const settings = loadSettings({});

  it('stay as they are set where the limit allows them', () => {
    expect(fitConnections(settings, Number.POSITIVE_INFINITY, silentLog)).to.equal(settings);
    expect(fitConnections(settings, 15_256, silentLog)).to.equal(settings);
  });

  for (const limit of [15_255, 4_096, 1_024, 64]) {
    it(`fit under ${limit}`, () => {
      const fitted = fitConnections(settings, limit, silentLog);
      expect(fitted.ldapMaxConnections + fitted.webMaxConnections).to.equal(filesForClients(limit));
      expect(fitted.ldapMaxConnections).to.be.within(1, settings.ldapMaxConnections);
      expect(fitted.webMaxConnections).to.be.within(1, settings.webMaxConnections);
      expect(fitted.webMaxConnectionsAddress).to.be.at.most(fitted.webMaxConnections / 2);
      expect(fitted.ldapMaxConnectionsAnonymous).to.be.at.most(fitted.ldapMaxConnections / 2);
      expect(fitted.ldapMaxConnectionsAccount).to.be.at.most(fitted.ldapMaxConnections / 2);
    });
  }

  it('are counted against the limit of this process', () => {
    expect(openFilesLimit()).to.be.greaterThan(0);
  });
});
