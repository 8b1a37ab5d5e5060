// `bauhinia certificate …`: what the inventory knows, revocation, and the authorities. Issuing is in certificate_issue.ts.
import { X509Certificate } from 'node:crypto';
import { type RevocationReason, revocationReasons } from '../directory/vocabulary.ts';
import { certificateBySerial, certificateFacts, pemOf } from './certificate_facts.ts';
import { issueCommands, openPki } from './certificate_issue.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { intoFiles } from './file.ts';
import { personByUid } from './lookup.ts';
import { limitOption, rowLimit, wordOption } from './options.ts';

export function certificateCommands(line: CommandLine): void {
  const group = declare(
    line.program,
    'certificate',
    'Certificates of staff, and the authorities that issue them.',
    'certificate issue --person kctang --profile encryption --pkcs12 kctang.p12',
    'certificate revoke 3f0a… --reason keyCompromise',
  );
  declareReads(line, group);
  issueCommands(line, group);
  declareRevocation(line, group);
  declareAuthorities(line, group);
}

function declareReads(line: CommandLine, group: ReturnType<typeof declare>): void {
  declare(group, 'list', 'Lists certificates, the newest first.', 'certificate list --person kctang')
    .option('--person <uid>', 'only of this person')
    .option(...limitOption)
    .action(async (options: { person?: string; limit?: number }) => {
      await line.withSession(async (session, output) => {
        const limit = rowLimit(options.limit, output.json);
        const { listCertificates } = await import('../database/console_lists.ts');
        const person =
          options.person === undefined ? null : await personByUid(session.tables, options.person);
        const found = await listCertificates(session.database, { person, limit: limit + 1 });
        const shown = found.slice(0, limit);
        output.table(shown, ['serial', 'profile', 'uid', 'state', 'reason', 'not_before', 'not_after']);
        if (found.length > shown.length) output.note(`the first ${shown.length}; --limit shows more`);
      });
    });

  declare(
    group,
    'show <serial>',
    'Shows one certificate, with its PEM.',
    'certificate show 3f0a5c7d9e1b2a4c6f80',
  ).action(async (serial: string) => {
    await line.withSession(async (session, output) => {
      const certificate = await certificateBySerial(session, serial);
      const facts = certificateFacts(certificate);
      const pem = pemOf(certificate);
      output.fields(output.json ? { ...facts, pem } : facts);
      if (!output.json && pem !== null) output.answer(pem, pem.trimEnd());
    });
  });
}

function declareRevocation(line: CommandLine, group: ReturnType<typeof declare>): void {
  declare(
    group,
    'revoke <serial>',
    'Takes a certificate back; the next revocation list says so within a second.',
    'certificate revoke 3f0a5c7d9e1b2a4c6f80 --reason keyCompromise',
  )
    .option(
      '--reason <reason>',
      `${revocationReasons.join(', ')}; omitted: unspecified`,
      wordOption(revocationReasons),
    )
    .action(async (serial: string, options: { reason?: RevocationReason }) => {
      await line.withSession(async (session, output) => {
        const { revokeCertificate } = await import('../pki/commands/certificate_revoke.ts');
        const revoked = await session.run(revokeCertificate, {
          certificate: { serial },
          reason: options.reason ?? null,
        });
        const { state, revoked_at, revocation_reason } = revoked;
        output.fields({ serial: revoked.serial, state, revoked_at, reason: revocation_reason });
      });
    });

  declare(
    group,
    'release <serial>',
    'Releases a certificate that was put on hold.',
    'certificate release 3f0a5c7d9e1b2a4c6f80',
  ).action(async (serial: string) => {
    await line.withSession(async (session, output) => {
      const { releaseCertificate } = await import('../pki/commands/certificate_revoke.ts');
      const released = await session.run(releaseCertificate, { certificate: { serial } });
      output.fields({ serial: released.serial, state: released.state });
    });
  });
}

function declareAuthorities(line: CommandLine, group: ReturnType<typeof declare>): void {
  declare(
    group,
    'ca',
    'Prints the chain that staff certificates hang from, issuing authority first, as PEM.',
    'certificate ca --out government-ca.pem',
  )
    .option('--out <file>', 'writes it to a file')
    .action(async (options: { out?: string }) => {
      await line.withSession(async (session, output) => {
        const { authorities } = await openPki(session);
        const chain = [authorities.issuing, authorities.root].map(({ name, certificate }) => {
          const read = new X509Certificate(certificate);
          const subject = read.subject.replaceAll('\n', ', ');
          return { name, subject, not_after: new Date(read.validTo), pem: read.toString() };
        });
        const pem = chain.map((one) => one.pem).join('');
        await intoFiles([{ path: options.out, secret: false, content: () => pem }], async () => undefined);
        output.answer(chain, options.out ?? pem.trimEnd());
      });
    });

  declare(
    group,
    'crl',
    'Makes and publishes a fresh revocation list of the issuing authority.',
    'certificate crl',
  ).action(async () => {
    await line.withSession(async (session, output) => {
      const { publishRevocationList } = await import('../pki/publish_revocation_list.ts');
      const { authorities } = await openPki(session);
      const { runner, tables, revocations, clock, origin, settings } = session;
      const ports = { runner, reader: tables, revocations, clock, validityDays: settings.crlDays };
      const { number, entries, thisUpdate, nextUpdate } = await publishRevocationList(
        ports,
        authorities.issuing,
        origin,
      );
      output.fields({ number, entries, this_update: thisUpdate, next_update: nextUpdate });
    });
  });
}
