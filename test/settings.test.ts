// Settings: precedence, completeness of the report, refusal of unknown keys, secrets kept out of messages.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OperationError } from '../src/errors.ts';
import { packageRoot } from '../src/package_root.ts';
import { declarations, issuerOf, loadSettings } from '../src/settings.ts';

function faultsOf(environment: Record<string, string>): string {
  try {
    loadSettings(environment);
  } catch (error) {
    if (error instanceof OperationError && error.code === 'configuration') return error.detail;
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bauhinia-settings-'));
  const config = join(folder, 'config.json');
  after(() => rmSync(folder, { recursive: true }));

  it('have the documented defaults', () => {
    const settings = loadSettings({});
    expect(settings.ldapPort).to.equal(1389);
    expect(settings.databaseUrl).to.equal(null);
    expect(settings.demo).to.equal(false);
    expect(settings.suffix).to.equal('dc=gov,dc=hk');
  });

  it('come from the environment before the file, and from the file before the caller', () => {
    writeFileSync(config, JSON.stringify({ BAUHINIA_LDAP_PORT: 2389, BAUHINIA_HTTP_PORT: 2080 }));
    const settings = loadSettings(
      { BAUHINIA_CONFIG: config, BAUHINIA_LDAP_PORT: '3389' },
      { BAUHINIA_HTTP_PORT: '1', BAUHINIA_DEMO: '1' },
    );
    expect([settings.ldapPort, settings.httpPort, settings.demo]).to.deep.equal([3389, 2080, true]);
  });

  it('report every fault at once, by name', () => {
    const faults = faultsOf({
      BAUHINIA_LDAP_PORT: 'ldap',
      BAUHINIA_WORKERS: '0',
      BAUHINIA_ISSUER: 'ftp://x',
    });
    expect(faults.split('\n')).to.have.length(3);
    expect(faults).to.match(/BAUHINIA_LDAP_PORT: "ldap" is refused/);
    expect(faults).to.match(/BAUHINIA_WORKERS: "0" is refused/);
    expect(faults).to.match(/BAUHINIA_ISSUER/);
  });

  it('refuse names that nobody declared, in the environment and in the file', () => {
    writeFileSync(config, JSON.stringify({ BAUHINIA_LDAP_PROT: 1, port: 2 }));
    const faults = faultsOf({ BAUHINIA_CONFIG: config, BAUHINIA_HOTS: 'x' });
    expect(faults).to.contain('BAUHINIA_HOTS: no such setting (in the environment)');
    expect(faults).to.contain('BAUHINIA_LDAP_PROT: no such setting (in the configuration file)');
    expect(faults).to.contain('port: no such setting');
  });

  it('say why a configuration file cannot be read', () => {
    writeFileSync(config, '[1]');
    expect(faultsOf({ BAUHINIA_CONFIG: config })).to.contain('does not hold one JSON object');
    expect(faultsOf({ BAUHINIA_CONFIG: join(folder, 'none.json') })).to.contain('cannot be read');
  });

  it('never repeat a secret', () => {
    const faults = faultsOf({
      BAUHINIA_DATABASE_URL: 'mysql://root:hunter2@db',
      BAUHINIA_MASTER_KEY: 'hunter2!',
    });
    expect(faults).to.contain('BAUHINIA_DATABASE_URL').and.not.contain('hunter2');
  });

  it('choose a plain issuer only for the demo on loopback', () => {
    expect(issuerOf(loadSettings({ BAUHINIA_DEMO: '1' }))).to.equal('http://localhost:8080');
    expect(issuerOf(loadSettings({}))).to.equal('https://localhost:8443');
    expect(issuerOf(loadSettings({ BAUHINIA_DEMO: '1', BAUHINIA_HOST: '127.0.0.9' }))).to.match(/^http:/);
    expect(issuerOf(loadSettings({ BAUHINIA_HOST: '0.0.0.0' }))).to.match(/^https:/);
    for (const host of ['0.0.0.0', '::', '::ffff:10.0.0.1', '127.0.0.1.nip.example', 'localhost.example'])
      expect(faultsOf({ BAUHINIA_DEMO: '1', BAUHINIA_HOST: host })).to.contain(`BAUHINIA_HOST: "${host}"`);
    expect(issuerOf(loadSettings({ BAUHINIA_ISSUER: 'https://id.gov.hk/' }))).to.equal('https://id.gov.hk');
  });

  it('stand in the README as they are declared', () => {
    const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
    for (const { environment, fallback, describe } of Object.values(declarations)) {
      const shown = fallback === null || fallback === '' ? '' : `\`${String(fallback)}\``;
      expect(readme).to.contain(`| \`${environment}\` | ${shown} | ${describe} |`);
    }
  });
});
