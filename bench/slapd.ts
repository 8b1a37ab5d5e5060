// The peer: Debian's slapd with back-mdb, indexed as the replica is, loaded from this directory's own LDIF. Nothing is
// synchronised to disk and no access rule is evaluated, so that it is as fast as it can be.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../src/package_root.ts';

const program = '/usr/sbin/slapd';
const moduleFolder = '/usr/lib/ldap';
const schemaFolder = '/etc/ldap/schema';

export interface SlapdOptions {
  folder: string; // its own, existing
  port: number;
  suffix: string;
  rootDn: string;
  password: string;
  ldif: string;
}

export interface Slapd {
  version: string;
  loadSeconds: number;
  stop(): Promise<void>;
}

function configuration(options: SlapdOptions, database: string): string {
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis'].map(
    (name) => `include ${schemaFolder}/${name}.schema`,
  );
  return [
    ...schemas,
    `include ${join(packageRoot, 'schema/ldap/bauhinia.schema')}`,
    `modulepath ${moduleFolder}`,
    'moduleload back_mdb',
    `pidfile ${join(options.folder, 'slapd.pid')}`,
    'loglevel 0',
    'sizelimit unlimited',
    'timelimit unlimited',
    'database mdb',
    `suffix "${options.suffix}"`,
    `rootdn "${options.rootDn}"`,
    `rootpw ${options.password}`,
    `directory ${database}`,
    'maxsize 4294967296',
    'dbnosync',
    'index objectClass,entryUUID eq',
    'index uid,mail,cn,sn,givenName,displayName eq,sub',
    'index telephoneNumber,departmentNumber,title eq',
    '',
  ].join('\n');
}

async function awaitPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect({ host: '127.0.0.1', port });
    const open = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(
        () => false,
        () => false,
      ),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    await delay(50);
  }
  throw new Error(`slapd does not listen on ${port}`);
}

/** Loads the LDIF and starts. Throws where slapd is not installed, saying how to. */
export async function startSlapd(options: SlapdOptions): Promise<Slapd> {
  if (!existsSync(program)) throw new Error('slapd is not installed: apt-get install slapd');
  const database = join(options.folder, 'mdb');
  mkdirSync(database, { recursive: true });
  const file = join(options.folder, 'slapd.conf');
  writeFileSync(file, configuration(options, database), { mode: 0o600 });
  const began = performance.now();
  execFileSync(program, ['-T', 'add', '-q', '-f', file, '-l', options.ldif], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const loadSeconds = (performance.now() - began) / 1000;
  const child: ChildProcess = spawn(
    program,
    ['-d', '0', '-f', file, '-h', `ldap://127.0.0.1:${options.port}`],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  await awaitPort(options.port);
  const version = spawnSync(program, ['-VV'], { encoding: 'utf8' }).stderr.split('\n')[0] ?? '';
  return {
    version: /slapd [\d.]+/.exec(version)?.[0] ?? 'slapd',
    loadSeconds,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    },
  };
}
