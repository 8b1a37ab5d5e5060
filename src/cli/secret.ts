// Secrets come from a file, from standard input or from a prompt without echo; never from the command line, which every
// account of the machine can read.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { OperationError } from '../errors.ts';

export interface SecretStreams {
  in: NodeJS.ReadableStream & { isTTY?: boolean };
  err: NodeJS.WritableStream;
}

const longestSecret = 1024;

/** `file`: a path, '-' for standard input, undefined to ask on the terminal. Errors: invalid_request, invalid_value. */
export async function readSecret(
  name: string,
  file: string | undefined,
  streams: SecretStreams,
): Promise<string> {
  if (file === undefined && streams.in.isTTY !== true) {
    throw new OperationError(
      'invalid_request',
      `${name} is needed: --password-file FILE, or - for standard input`,
    );
  }
  const secret = file === undefined ? await askTwice(name, streams) : await readText(file, streams.in);
  // The newline that editors and echo put at the end is no part of it.
  const text = secret.replace(/\r?\n$/, '');
  if (text === '' || text.length > longestSecret || /[\0\r\n]/.test(text)) {
    throw new OperationError('invalid_value', `${name} must be one line of 1 to ${longestSecret} characters`);
  }
  return text;
}

/** The text of a file, or of standard input for '-'. Error: invalid_request, naming the file. */
export async function readText(file: string, input: NodeJS.ReadableStream): Promise<string> {
  return (await readOctets(file, input)).toString('utf8');
}

const longestFile = 16 * 1024 * 1024;

/** As readText, as octets. A device or a file without end is refused when it has given too much. */
export async function readOctets(file: string, input: NodeJS.ReadableStream): Promise<Buffer> {
  if (file === '-') return readBounded('standard input', input);
  try {
    return await readBounded(file, createReadStream(file));
  } catch (cause) {
    if (cause instanceof OperationError) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given';
    throw new OperationError('invalid_request', `${file} cannot be read: ${reason}`, { cause });
  }
}

async function readBounded(name: string, input: AsyncIterable<string | Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const octets = Buffer.from(chunk);
    size += octets.length;
    if (size > longestFile) throw new OperationError('invalid_request', `${name} is too long`);
    chunks.push(octets);
  }
  return Buffer.concat(chunks);
}

async function askTwice(name: string, streams: SecretStreams): Promise<string> {
  const first = await ask(`${name}: `, streams);
  if (first !== (await ask(`${name} again: `, streams))) {
    throw new OperationError('invalid_value', `${name} was not typed the same twice`);
  }
  return first;
}

function ask(question: string, streams: SecretStreams): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: streams.in, output: silent, terminal: true });
  streams.err.write(question);
  return new Promise((resolve, reject) => {
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => reject(new OperationError('invalid_request', 'nothing was typed')));
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
      streams.err.write('\n');
    });
  });
}
