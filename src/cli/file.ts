// Files that commands write: made before the work whose result they are to hold, so that a place that cannot be written
// is known first; never over an existing file, and readable by their owner alone where they hold a secret.
import { type FileHandle, open, unlink, writeFile } from 'node:fs/promises';
import { OperationError } from '../errors.ts';

export interface WantedFile<Result> {
  path: string | undefined; // undefined: not wanted
  secret: boolean;
  content(result: Result): string | Buffer | Iterable<string>;
}

interface MadeFile<Result> {
  path: string;
  handle: FileHandle;
  content: WantedFile<Result>['content'];
}

/** Makes the wanted files, does the work, writes. When anything fails the files go again. Error: invalid_request. */
export async function intoFiles<Result>(
  wanted: readonly WantedFile<Result>[],
  work: () => Promise<Result>,
): Promise<Result> {
  const made: MadeFile<Result>[] = [];
  try {
    for (const { path, secret, content } of wanted) {
      if (path !== undefined) made.push({ path, content, handle: await makeFile(path, secret) });
    }
    const result = await work();
    for (const { handle, content } of made) {
      await writeFile(handle, content(result));
      await handle.sync();
    }
    return result;
  } catch (error) {
    for (const { path } of made) await unlink(path);
    throw error;
  } finally {
    for (const { handle } of made) await handle.close();
  }
}

async function makeFile(path: string, secret: boolean): Promise<FileHandle> {
  try {
    return await open(path, 'wx', secret ? 0o600 : 0o644);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given';
    const sentence = reason === 'EEXIST' ? `${path} exists already` : `${path} cannot be written: ${reason}`;
    throw new OperationError('invalid_request', sentence, { cause });
  }
}
