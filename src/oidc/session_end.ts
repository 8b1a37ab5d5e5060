// The end of somebody's sessions from our side (a leaver, a suspension, a withdrawn clearance): the stored sessions, grants
// and tokens go, and the relying systems that had a session are told (OpenID Connect Back-Channel Logout 1.0). The
// library tells them only when the person signs out by hand.
import { setTimeout as wait } from 'node:timers/promises';
import type Provider from 'oidc-provider';
import type { AccountRecord } from '../x500/read_model.ts';
import { recordAct } from './audit.ts';
import type { OidcPorts } from './ports.ts';
import { subjectOf } from './subject.ts';

/** Waits between attempts; each attempt has the library's limit of 2.5 s. */
const retryAfterMs = [500, 2000];

export interface SessionEnd {
  /** Ends everything of the subject (person uuid). Resolves once deleted; the notices follow by themselves. */
  endSessions(subject: string, reason: string): Promise<void>;
  /** Follows the read model and ends sessions of accounts that may not go on. Returns the unsubscriber. */
  follow(): () => void;
  /** Resolves when the notices under way are sent or given up. */
  settled(): Promise<void>;
}

export function createSessionEnd(ports: OidcPorts, provider: Provider): SessionEnd {
  const { artifacts, readModel, log, clock } = ports;
  const underWay = new Set<Promise<void>>();
  const startedAt = clock.now();
  /** Instant of `sessions_valid_from` that was acted on, by account; and accounts found ended. Only those that changed. */
  const handled = new Map<string, number>();
  const ended = new Set<string>();

  async function notify(clientId: string, subject: string, sid: string | null): Promise<void> {
    const client = await provider.Client.find(clientId);
    const send: unknown = client?.backchannelLogout;
    if (client?.backchannelLogoutUri === undefined || typeof send !== 'function') return;
    for (let attempt = 0; ; attempt++) {
      try {
        await send.call(client, subject, sid ?? undefined);
        return;
      } catch (error) {
        const pause = retryAfterMs[attempt];
        if (pause === undefined) {
          log.warn({ err: error, client: clientId }, 'a back-channel logout was not received');
          return;
        }
        await wait(pause);
      }
    }
  }

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) =>
        log.error({ err: error }, 'the end of sessions could not be carried through'),
      )
      .finally(() => underWay.delete(tracked));
    underWay.add(tracked);
  }

  async function endSessions(subject: string, reason: string): Promise<void> {
    // Deleting returns what was there to one caller only, so that of several workers one sends the notices.
    const sessions = await artifacts.endAccount(subject);
    for (const { clientId, sid } of sessions) {
      recordAct(
        ports,
        { subject, clientId, address: null, request: `end-${subject}` },
        { act: 'session.end', client: clientId, reason },
      );
      track(notify(clientId, subject, sid));
    }
  }

  /** Why the account's sessions end now; undefined while they go on. A lock by failed guesses ends none: it passes. */
  function endOf(account: AccountRecord): string | undefined {
    const validFrom = account.sessions_valid_from.getTime();
    const stands = account.state === 'ACTIVE' || account.state === 'LOCKED';
    const expired = account.expires_at !== null && account.expires_at <= clock.now();
    if (!stands || expired) {
      if (ended.has(account.uuid)) return undefined;
      ended.add(account.uuid);
      return `account is ${expired ? 'expired' : account.state}`;
    }
    ended.delete(account.uuid);
    if (validFrom <= (handled.get(account.uuid) ?? startedAt.getTime())) return undefined;
    handled.set(account.uuid, validFrom);
    return 'earlier sessions count no more';
  }

  return {
    endSessions,
    follow: () =>
      readModel.onApplied((accounts) => {
        for (const uuid of accounts) {
          const account = readModel.accountByUuid(uuid);
          const subject = account === undefined ? undefined : subjectOf(account);
          if (account === undefined || subject === undefined) continue;
          const reason = endOf(account);
          if (reason !== undefined) track(endSessions(subject, reason));
        }
      }),
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
