// What the provider does when somebody's sessions ended from our side (jobs/session_ends.ts): it tells the relying systems
// that had one (OpenID Connect Back-Channel Logout 1.0) and records it. The library does so only when a person signs out.
import type Provider from 'oidc-provider';
import { recordAct, type SignOnAuditPorts } from './audit.ts';

export interface SessionEndNotifier {
  /** One attempt, with the library's limit of 2.5 s. Rejects when the notice was not received. */
  send(notice: { clientId: string; subject: string; sid: string | null }): Promise<void>;
  record(ended: { clientId: string; subject: string }, reason: string): void;
}

export function createSessionEndNotifier(ports: SignOnAuditPorts, provider: Provider): SessionEndNotifier {
  return {
    async send({ clientId, subject, sid }) {
      const client = await provider.Client.find(clientId);
      const send: unknown = client?.backchannelLogout;
      if (client?.backchannelLogoutUri === undefined || typeof send !== 'function') return;
      await send.call(client, subject, sid ?? undefined);
    },
    record({ clientId, subject }, reason) {
      recordAct(
        ports,
        { subject, clientId, address: null, request: `end-${subject}` },
        { act: 'session.end', client: clientId, reason },
      );
    },
  };
}
