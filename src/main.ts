#!/usr/bin/env node
// The program `bauhinia`: runs one command and ends with its status.
import { runCommandLine } from './cli/program.ts';

// `bauhinia export ldif | head`: whoever closes the pipe has had enough, which is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 70));

process.exitCode = await runCommandLine(process.argv.slice(2), {
  in: process.stdin,
  out: process.stdout,
  err: process.stderr,
});
// Everything is closed by now. What hangs all the same must not keep the shell waiting.
setTimeout(() => process.exit(), 2_000).unref();
