// The tree's rules, read from the imports themselves: layers point inwards, some packages have one home, no cycles,
// no file past 400 lines (data tables excepted), time and environment read in one file each.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../src/package_root.ts';

const foundation = ['errors.ts', 'settings.ts', 'clock.ts', 'log.ts', 'package_root.ts'];
const faces = ['ldap', 'oidc', 'scim', 'est', 'portal', 'feed'];

/** What each part of src/ may import, besides itself and the foundation. */
const mayImport: Record<string, readonly string[]> = {
  foundation: [],
  limits: [],
  directory: [],
  x500: ['directory'],
  audit: ['directory', 'x500', 'limits'],
  authentication: ['directory', 'x500', 'audit', 'limits'],
  pki: ['directory', 'x500', 'audit'],
  database: ['directory', 'x500', 'authentication', 'pki', 'audit'],
  replica: ['directory', 'x500', 'authentication', 'pki', 'audit'],
  http: ['directory', 'x500', 'authentication', 'pki', 'audit', 'limits'],
};
for (const face of [...faces, 'jobs'])
  mayImport[face] = [
    'directory',
    'x500',
    'authentication',
    'pki',
    'audit',
    'limits',
    ...(face === 'jobs' || face === 'ldap' ? [] : ['http']),
  ];
mayImport.server = [...Object.keys(mayImport)];
mayImport.cli = [...Object.keys(mayImport), 'server'];
mayImport.main = [...Object.keys(mayImport), 'cli'];

/** Packages and globals with one home. */
const homes: { what: string; pattern: RegExp; allowed: (file: string) => boolean }[] = [
  { what: 'pg', pattern: /from 'pg['/]/, allowed: (file) => file.startsWith('src/database/') },
  {
    what: 'knex',
    pattern: /^import (?!type).*from 'knex['/]/m,
    allowed: (file) => file.startsWith('src/database/'),
  },
  {
    what: 'oidc-provider',
    pattern: /from 'oidc-provider['/]/,
    allowed: (file) => file.startsWith('src/oidc/'),
  },
  { what: 'node-forge', pattern: /from 'node-forge['/]/, allowed: (file) => file.startsWith('src/pki/') },
  { what: 'ldapjs', pattern: /from 'ldapjs['/]/, allowed: (file) => file.startsWith('src/feed/') },
  { what: 'process.env', pattern: /process\.env/, allowed: (file) => file === 'src/settings.ts' },
  {
    what: 'the system clock',
    pattern: /Date\.now\(|new Date\(\)/,
    allowed: (file) => file === 'src/clock.ts',
  },
  {
    what: 'the brand of a checked password',
    pattern: / as CheckedHash/,
    allowed: (file) => file === 'src/authentication/choose_password.ts',
  },
  { what: 'any', pattern: /@ts-ignore|@ts-expect-error|@ts-nocheck/, allowed: () => false },
];

/** Files that are mostly data, where length is no sign of a second idea. */
const dataTables = /^src\/(settings|directory\/tables|database\/columns)\.ts$|^seeds\//;

interface SourceFile {
  path: string; // from the package root
  text: string;
  imports: string[]; // paths of relative imports, from the package root
}

function readSources(folder: string): SourceFile[] {
  const files = readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(packageRoot, path), 'utf8');
      const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
        (match) => match[1] ?? '',
      );
      const imports = specifiers.map((specifier) => relative('.', join(dirname(path), specifier)));
      return { path, text, imports };
    });
}

function partOf(path: string): string {
  const [, second = ''] = path.split('/');
  if (foundation.includes(second)) return 'foundation';
  return second.replace(/\.ts$/, '');
}

function findCycle(files: Map<string, SourceFile>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  function visit(name: string): string[] | undefined {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    path.push(name);
    for (const next of files.get(name)?.imports ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(name);
    return undefined;
  }
  for (const name of files.keys()) {
    const cycle = visit(name);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe('architecture', () => {
  const sources = readSources('src');

  it('reads every source file', () => {
    expect(sources.length).to.be.above(30);
  });

  it('imports point inwards, and faces never at one another', () => {
    const breaches = sources.flatMap((file) => {
      const from = partOf(file.path);
      const allowed = mayImport[from];
      if (allowed === undefined) return [`${file.path}: src/${from} is not in the tree`];
      return file.imports
        .filter((target) => target.startsWith('src/'))
        .map(partOf)
        .filter((to) => to !== from && to !== 'foundation' && !allowed.includes(to))
        .map((to) => `${file.path} imports ${to}`);
    });
    expect(breaches).to.deep.equal([]);
  });

  it('source imports nothing from test/ or bench/, and seeds/ only where data is laid', () => {
    const breaches = sources.flatMap((file) =>
      file.imports.filter(
        (target) =>
          /^(test|bench)\//.test(target) ||
          (target.startsWith('seeds/') && !/^src\/(server|cli)\//.test(file.path)),
      ),
    );
    expect(breaches).to.deep.equal([]);
  });

  it('has no import cycle', () => {
    const all = [...sources, ...readSources('seeds'), ...readSources('schema')];
    expect(findCycle(new Map(all.map((file) => [file.path, file])))).to.equal(undefined);
  });

  for (const { what, pattern, allowed } of homes) {
    it(`keeps ${what} in its home`, () => {
      const breaches = sources.filter((file) => pattern.test(file.text) && !allowed(file.path));
      expect(breaches.map((file) => file.path)).to.deep.equal([]);
    });
  }

  it('keeps the directory pure: no I/O', () => {
    const breaches = sources.filter(
      (file) =>
        file.path.startsWith('src/directory/') &&
        /from 'node:(fs|net|http|https|tls|child_process)/.test(file.text),
    );
    expect(breaches.map((file) => file.path)).to.deep.equal([]);
  });

  it('has no source file over 400 lines', () => {
    const long = sources.filter((file) => file.text.split('\n').length > 401 && !dataTables.test(file.path));
    expect(long.map((file) => `${file.path}: ${file.text.split('\n').length}`)).to.deep.equal([]);
  });
});
