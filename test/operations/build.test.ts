// Starting from a checkout: compiled when what is to be compiled changed, and at no other time (scripts/build.mjs). A small
// program stands for ours.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../src/package_root.ts';

interface Run {
  status: number;
  stdout: string;
  output: string;
}

describe('a start from a checkout', function () {
  this.timeout(60_000);
  let root: string;

  function write(name: string, text: string): void {
    writeFileSync(join(root, name), text);
  }

  function start(): Promise<Run> {
    return new Promise((settle) => {
      const child = execFile(process.execPath, [join(root, 'scripts/bauhinia.mjs')], (_, stdout, stderr) =>
        settle({ status: child.exitCode ?? -1, stdout, output: stdout + stderr }),
      );
    });
  }

  const compiledAt = (): number => statSync(join(root, 'dist/src/main.js')).mtimeMs;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'bauhinia-build-'));
    for (const name of [
      'scripts',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'tsconfig.build.json',
    ]) {
      cpSync(join(packageRoot, name), join(root, name), { recursive: true });
    }
    symlinkSync(join(packageRoot, 'node_modules'), join(root, 'node_modules'));
    for (const name of ['src', 'schema', 'seeds']) mkdirSync(join(root, name));
    write('schema/word.ts', "export const word = 'first';\n");
    write('src/main.ts', "import { word } from '../schema/word.ts';\nconsole.log(word);\n");
    expect(await start()).to.deep.include({ status: 0, stdout: 'first\n' });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('compiles nothing when nothing changed', async () => {
    const before = compiledAt();
    expect(await start()).to.deep.include({ status: 0, stdout: 'first\n' });
    expect(compiledAt()).to.equal(before);
  });

  it('compiles what changed', async () => {
    write('schema/word.ts', "export const word = 'second';\n");
    expect(await start()).to.deep.include({ status: 0, stdout: 'second\n' });
  });

  it('drops what was compiled from a source that is gone', async () => {
    write('src/main.ts', "console.log('alone');\n");
    rmSync(join(root, 'schema/word.ts'));
    expect(await start()).to.deep.include({ status: 0, stdout: 'alone\n' });
    expect(() => statSync(join(root, 'dist/schema/word.js'))).to.throw('ENOENT');
  });

  it('makes again what was deleted from dist', async () => {
    rmSync(join(root, 'dist/schema/word.js'));
    expect(await start()).to.deep.include({ status: 0, stdout: 'first\n' });
  });

  it('does not start what failed to compile, then or the next time', async () => {
    write('schema/word.ts', 'export const word: number = "wrong";\n');
    for (const run of [await start(), await start()]) {
      expect(run.status).to.not.equal(0);
      expect(run.stdout).to.equal('');
      expect(run.output).to.contain("'string' is not assignable to type 'number'");
    }
  });
});
