// Where the files that ship beside the code are (schema/, certs/), the same from source and from dist/, and which release
// this is.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findPackageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json is not above the program');
    folder = parent;
  }
  return folder;
}

/** Absolute path of the folder that holds package.json. */
export const packageRoot = findPackageRoot();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new Error('package.json names no version');
}

/** The release, as package.json names it. */
export const packageVersion = readVersion();
