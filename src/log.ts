// Structured logs (JSON lines by pino). Fields that can hold a secret are masked by name at any depth we log.
import pino from 'pino';

/** A structured logger: an object of fields first, then the sentence. */
export type Log = Pick<pino.Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(fields: Record<string, unknown>): Log;
};

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** Field names whose values never reach a log, wherever they stand in the logged object (two levels deep). */
const secretFields = [
  'password',
  'userPassword',
  'newPassword',
  'oldPassword',
  'secret',
  'client_secret',
  'authorization',
  'cookie',
  'set-cookie',
  'code_verifier',
  'access_token',
  'refresh_token',
  'id_token',
  'token',
  'hash',
  'privateKey',
  'masterKey',
  'pin',
  'connectionString',
  'databaseUrl',
  'migrationDatabaseUrl',
  'ownerUrl',
] as const;

function redactionPaths(): string[] {
  return secretFields.flatMap((field) => {
    const quoted = `["${field}"]`;
    return [quoted, `*${quoted}`, `*.*${quoted}`];
  });
}

/** Opens the process's logger. Logs go to standard error, so that standard output stays a program's answer. */
export function openLog(options: { level: LogLevel; destination?: pino.DestinationStream }): Log {
  return pino(
    {
      level: options.level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: redactionPaths(), censor: '[secret]' },
      serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
}

/** A logger that drops everything, for tests and for commands that print their own answer. */
export const silentLog: Log = pino({ level: 'silent' });
