// The provider's acts as audit events. Proofs of passwords are recorded by the authenticator; here are sessions and tokens.
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { AuditAct, AuditTrail } from '../audit/event.ts';
import type { Clock } from '../clock.ts';
import type { FaultLog } from '../http/fault_log.ts';
import type { Log } from '../log.ts';
import type { SignOnModel } from './ports.ts';
import { accountOfSubject } from './subject.ts';

export interface SignOnAuditPorts {
  audit: AuditTrail;
  readModel: SignOnModel;
  clock: Clock;
  log: Log;
}

/** Where an act came from, as far as it is known. */
export interface ActOrigin {
  subject: string | undefined;
  clientId: string | undefined;
  address: string | null;
  request: string;
}

export function recordAct(ports: SignOnAuditPorts, origin: ActOrigin, act: AuditAct): void {
  const account =
    origin.subject === undefined ? undefined : accountOfSubject(ports.readModel, origin.subject);
  const system = origin.clientId === undefined ? undefined : ports.readModel.systemByCode(origin.clientId);
  ports.audit.record({
    at: ports.clock.now(),
    origin: 'oidc',
    address: origin.address,
    account: account?.uuid ?? null,
    uid: account?.uid ?? null,
    relying_system: system?.uuid ?? null,
    request: origin.request,
    act,
  });
}

function originOf(ctx: KoaContextWithOIDC): ActOrigin {
  const { oidc } = ctx;
  return {
    subject: oidc.account?.accountId ?? oidc.session?.accountId,
    clientId: oidc.client?.clientId,
    address: ctx.state.address ?? null,
    request: ctx.state.request,
  };
}

/** Listens to the provider for as long as it lives. */
export function auditProvider(provider: Provider, ports: SignOnAuditPorts & { logFault: FaultLog }): void {
  provider.on('grant.success', (ctx) => {
    recordAct(ports, originOf(ctx), {
      act: 'token.issue',
      client: ctx.oidc.client?.clientId ?? '',
      grant: String(ctx.oidc.params?.grant_type ?? ''),
      scope: ctx.oidc.entities.AccessToken?.scope ?? '',
    });
  });
  const refused = (ctx: KoaContextWithOIDC, error: Error & { error?: string }) =>
    recordAct(ports, originOf(ctx), {
      act: 'token.refused',
      client: ctx.oidc.client?.clientId ?? null,
      error: error.error ?? 'server_error',
    });
  provider.on('grant.error', refused);
  provider.on('userinfo.error', refused);
  provider.on('end_session.success', (ctx) => {
    // The session object stays readable after its row is gone.
    recordAct(ports, originOf(ctx), {
      act: 'session.end',
      client: ctx.oidc.client?.clientId ?? null,
      reason: 'logout',
    });
  });
  provider.on('backchannel.error', (ctx, error, client) => {
    ports.log.warn(
      { err: error, client: client.clientId, request: ctx.state.request },
      'a back-channel logout was not received',
    );
  });
  provider.on('server_error', (ctx, error) => {
    ports.logFault(error, ctx.state, 'sign-on request failed');
  });
}
