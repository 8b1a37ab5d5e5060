// Files and streams that commands read: bounded, and refused by name.
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { readOctets } from '../../src/cli/secret.ts';

async function refusalOf(file: string, input: Readable): Promise<string> {
  return readOctets(file, input).then(
    () => 'it was read',
    (error: unknown) => String(error),
  );
}

describe('input of commands', () => {
  it('is read from standard input', async () => {
    expect((await readOctets('-', Readable.from(['one ', 'two']))).toString()).to.equal('one two');
  });

  it('without end is refused', async () => {
    expect(await refusalOf('/dev/zero', Readable.from([]))).to.contain('/dev/zero is too long');
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
    );
    expect(await refusalOf('-', endless)).to.contain('standard input is too long');
  });

  it('that is not there is named with the reason', async () => {
    expect(await refusalOf('/no/such/file', Readable.from([]))).to.contain(
      '/no/such/file cannot be read: ENOENT',
    );
  });
});
