// How a command that failed says so: one line on standard error (an object with --json) and the exit status.
import { CommanderError } from 'commander';
import { type ErrorCode, OperationError } from '../errors.ts';
import { exitCodes, faultExitCode } from './exit_code.ts';
import { type OutputStreams, printable } from './output.ts';

export interface Failure {
  code: ErrorCode | 'fault';
  detail: string;
  status: number;
}

const faultSentence =
  'an internal fault ended the command; with BAUHINIA_LOG_LEVEL=debug its cause is logged';

/** Wrong usage is an invalid request; what nobody refused is a fault, which tells nothing of itself. */
export function failureOf(error: unknown): Failure {
  if (error instanceof OperationError) {
    return { code: error.code, detail: error.detail, status: exitCodes[error.code] };
  }
  if (error instanceof CommanderError) {
    const detail = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
    return { code: 'invalid_request', detail, status: exitCodes.invalid_request };
  }
  return { code: 'fault', detail: faultSentence, status: faultExitCode };
}

/** A fault of configuration may have several lines, one a setting; everything else is one. */
export function reportFailure({ code, detail }: Failure, json: boolean, err: OutputStreams['err']): void {
  if (json) {
    err.write(`${JSON.stringify({ error: { code, detail } })}\n`);
    return;
  }
  for (const line of detail.split('\n')) err.write(`bauhinia: ${printable(line)}\n`);
}
