// `bauhinia certificate request, issue, recover`: certificates out of requests, and keys out of escrow.
import type { Command } from 'commander';
import type { CertificateRow } from '../directory/tables.ts';
import { certificateProfiles } from '../directory/vocabulary.ts';
import { OperationError } from '../errors.ts';
import type { Pki } from '../pki/authority.ts';
import type { Pkcs12 } from '../pki/pkcs12.ts';
import { certificateBySerial, certificateFacts, pemOf } from './certificate_facts.ts';
import type { CommandLine } from './command_line.ts';
import { declare } from './declare.ts';
import { intoFiles, type WantedFile } from './file.ts';
import { personByUid } from './lookup.ts';
import { wordOption } from './options.ts';
import type { Output } from './output.ts';
import { readOctets } from './secret.ts';
import type { Session } from './session.ts';

interface FileOptions {
  out?: string;
  pkcs12?: string;
  pkcs12PasswordFile?: string;
}

interface Issued {
  certificate: CertificateRow;
  pkcs12: Pkcs12 | null;
}

export function issueCommands(line: CommandLine, group: Command): void {
  declareRequest(line, group);
  declareIssue(line, group);
  declareRecover(line, group);
}

function declareRequest(line: CommandLine, group: Command): void {
  declare(
    group,
    'request',
    'Issues a signing certificate for a key that its owner made (PKCS#10).',
    'certificate request --person kctang --csr kctang.csr --out kctang.pem',
  )
    .requiredOption('--person <uid>', 'who the certificate is for')
    .requiredOption('--csr <file>', "the request, PEM or DER; '-' is standard input")
    .option('--out <file>', 'writes the certificate to a file, as PEM')
    .action(async (options: FileOptions & { person: string; csr: string }) => {
      const request = await readOctets(options.csr, line.streams.in);
      await line.withSession(async (session, output) => {
        const person = await personByUid(session.tables, options.person);
        const pki = await openPki(session);
        const { requestSigningCertificate } = await import('../pki/request_signing_certificate.ts');
        const issued = await intoFiles(wantedFiles(options), async () => ({
          certificate: await requestSigningCertificate(pki, { person, request }, session.origin),
          pkcs12: null,
        }));
        print(output, options, issued);
      });
    });
}

function declareIssue(line: CommandLine, group: Command): void {
  const command = declare(
    group,
    'issue',
    'Issues an encryption certificate. Its key is made here and kept in escrow; --pkcs12 hands it out.',
    'certificate issue --person kctang --profile encryption --out kctang-enc.pem',
    'certificate issue --person kctang --pkcs12 kctang.p12 --pkcs12-password-file kctang.p12.password',
  )
    .requiredOption('--person <uid>', 'who the certificate is for')
    .option(
      '--profile <profile>',
      'encryption; for a signing certificate see "certificate request"',
      wordOption(certificateProfiles),
      'encryption',
    )
    .option('--out <file>', 'writes the certificate to a file, as PEM')
    .option('--pkcs12 <file>', 'writes key and certificate to a file, under a new password');
  withPasswordFile(command).action(async (options: FileOptions & { person: string; profile: string }) => {
    if (options.profile !== 'encryption') {
      throw new OperationError(
        'invalid_request',
        'a signing certificate takes a request of its owner: certificate request --csr FILE',
      );
    }
    requirePkcs12(options);
    await line.withSession(async (session, output) => {
      const person = await personByUid(session.tables, options.person);
      const pki = await openPki(session);
      const { issueEncryptionCertificate } = await import('../pki/issue_encryption_certificate.ts');
      const issued = await intoFiles(wantedFiles(options), () =>
        issueEncryptionCertificate(pki, { person }, session.origin),
      );
      print(output, options, issued);
    });
  });
}

function declareRecover(line: CommandLine, group: Command): void {
  const command = declare(
    group,
    'recover <serial>',
    'Hands out an encryption key from escrow once more, under a new password. The audit trail records it.',
    'certificate recover 3f0a5c7d9e1b2a4c6f80 --pkcs12 old-mail.p12',
  ).requiredOption('--pkcs12 <file>', 'writes key and certificate to a file');
  withPasswordFile(command).action(async (serial: string, options: FileOptions) => {
    await line.withSession(async (session, output) => {
      const { uuid } = await certificateBySerial(session, serial);
      const pki = await openPki(session);
      const { recoverKey } = await import('../pki/recover_key.ts');
      const recovered = await intoFiles<Issued>(wantedFiles(options), () =>
        recoverKey(pki, { certificate: uuid }, session.origin),
      );
      print(output, options, recovered);
    });
  });
}

function withPasswordFile(command: Command): Command {
  return command.option(
    '--pkcs12-password-file <file>',
    'writes its password to a file; otherwise it is printed, this once',
  );
}

function requirePkcs12(options: FileOptions): void {
  if (options.pkcs12 !== undefined || options.pkcs12PasswordFile === undefined) return;
  throw new OperationError('invalid_request', '--pkcs12-password-file goes with --pkcs12');
}

function wantedFiles(options: FileOptions): WantedFile<Issued>[] {
  return [
    { path: options.out, secret: false, content: ({ certificate }) => pemOf(certificate) ?? '' },
    { path: options.pkcs12, secret: true, content: ({ pkcs12 }) => pkcs12?.octets ?? '' },
    {
      path: options.pkcs12PasswordFile,
      secret: true,
      content: ({ pkcs12 }) => (pkcs12 === null ? '' : `${pkcs12.password}\n`),
    },
  ];
}

/** The certificate itself where no file holds it, and the password where it was asked for and no file holds it. */
function print(output: Output, options: FileOptions, { certificate, pkcs12 }: Issued): void {
  const toPrint = options.pkcs12 !== undefined && options.pkcs12PasswordFile === undefined;
  const facts = {
    ...certificateFacts(certificate),
    ...(toPrint && pkcs12 !== null && { pkcs12_password: pkcs12.password }),
  };
  const pem = pemOf(certificate);
  output.fields(output.json ? { ...facts, pem } : facts);
  const elsewhere = options.out !== undefined || options.pkcs12 !== undefined;
  if (!output.json && !elsewhere && pem !== null) output.answer(pem, pem.trimEnd());
}

/** The authorities with their keys, made when there are none yet, and the trail that records recoveries. */
export async function openPki(session: Session): Promise<Pki> {
  const { openAuthorities } = await import('../server/first_start.ts');
  const { runner, tables, keyWrap, clock, audit } = session;
  const { authorities, profiles } = await openAuthorities(session);
  return { runner, reader: tables, keyWrap, clock, audit, profiles, authorities };
}
