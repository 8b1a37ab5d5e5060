// Compiles src, schema and seeds to dist/ when they differ from what dist/ was compiled from. dist/.sources names every
// source with its size and time; it is written last, so an interrupted or failed compilation is done again.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.sources');
const folders = ['src', 'schema', 'seeds'];
const configuration = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    const path = join(folder, item.name);
    return item.isDirectory() ? filesBelow(path) : [path];
  });
}

const isSource = (path) => path.endsWith('.ts') && !path.endsWith('.d.ts');
const outputOf = (source) => join(dist, relative(root, source).replace(/\.ts$/, '.js'));

/** One line a file. Text that differs means that what was compiled differs, or may. */
function describe(sources) {
  return [...configuration.map((name) => join(root, name)), ...sources]
    .map((path) => {
      const { size, mtimeMs } = statSync(path);
      return `${relative(root, path)} ${size} ${mtimeMs}\n`;
    })
    .sort()
    .join('');
}

/** Removes what was compiled from sources that are gone: a migration that was renamed would otherwise run twice. */
function removeStale(sources) {
  const wanted = new Set(sources.map(outputOf));
  for (const path of filesBelow(dist)) {
    if (!wanted.has(path.replace(/\.map$/, ''))) rmSync(path, { force: true }); // another starter may be at it
  }
}

const sources = folders.flatMap((folder) => filesBelow(join(root, folder))).filter(isSource);
const described = describe(sources);
const compiled = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
if (compiled !== described || !sources.every((source) => existsSync(outputOf(source)))) {
  rmSync(stamp, { force: true });
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
  const tsc = join(dirname(compiler), 'bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], {
    stdio: ['ignore', 2, 2], // standard output belongs to the command that follows
  });
  if (status !== 0) process.exit(status ?? 1);
  removeStale(sources);
  writeFileSync(stamp, described);
}
