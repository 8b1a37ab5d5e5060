// A stranger's flood of web requests: all routes of sign-on in all spellings, methods, queries and with all cookies that
// a stranger can have, from a few addresses. Runs in its own process (attacker.ts).
import { Agent, request } from 'node:http';
import { runAttacker } from './attacker.ts';

export interface WebFloodOptions {
  port: number;
  addresses: string[];
  perSecond: number;
  /** Requests of one period at most. */
  most: number;
  /** `Cookie` headers, one of them the signed cookie of a session that has ended. */
  cookies: string[];
  /** Query of an authorization request that begins a sign-on. */
  authorize: string;
}

const connections = 24;
const pages = [
  '/oidc/logout',
  '/oidc/logout/',
  '/oidc/LOGOUT?client_id=im',
  '/oidc/logout/confirm',
  '/oidc/logout/success?client_id=mail',
  '/oidc/device',
  '/oidc/par',
  '/oidc/token',
  '/oidc/introspect/',
  '/oidc/revoke',
  '/oidc/userinfo',
  '/oidc/jwks',
  '/oidc/sign-in/guessed-interaction',
  '/oidc/authorize/guessed-interaction',
  '/oidc/authorize?client_id=nobody&response_type=code',
  '/.well-known/openid-configuration',
  '/metrics',
];
const spellings = [
  '/oidc/authorize',
  '/oidc/authorize/',
  '/oidc/AUTHORIZE',
  '/oidc/Authorize/',
  '/oidc/%61uthorize',
];
const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS', 'PUT'];
const body =
  'grant_type=refresh_token&refresh_token=none&client_id=im&client_secret=guess&xsrf=guess&logout=yes';

runAttacker<WebFloodOptions>(async ({ port, addresses, perSecond, most, cookies, authorize }) => {
  const agents = addresses.map(
    (localAddress) =>
      new Agent({ keepAlive: true, maxSockets: connections / addresses.length, localAddress }),
  );
  const counts: Record<string, number> = { sent: 0, failed: 0 };
  let underWay = 0;
  let due = 0;

  function send(number: number): void {
    // Every second request begins a sign-on; of the rest each kind comes in turn.
    const begins = number % 2 === 0;
    const path = begins
      ? `${spellings[(number / 2) % spellings.length]}?${authorize}&state=${number}`
      : (pages[((number - 1) / 2) % pages.length] ?? '/');
    const method = begins ? (number % 8 === 0 ? 'HEAD' : 'GET') : (methods[number % methods.length] ?? 'GET');
    const posts = method === 'POST' || method === 'PUT';
    const cookie = cookies[number % cookies.length] ?? '';
    const agent = agents[number % agents.length];
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, path, method },
        ...(agent !== undefined && { agent }),
        headers: {
          ...(cookie !== '' && { cookie }),
          ...(posts && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
      },
      (response) => {
        const status = `status ${response.statusCode}`;
        counts[status] = (counts[status] ?? 0) + 1;
        response.resume().once('close', () => underWay--);
      },
    );
    sent.once('error', () => {
      counts.failed = (counts.failed ?? 0) + 1;
      underWay--;
    });
    sent.end(posts ? body : undefined);
  }

  const timer = setInterval(() => {
    due = Math.min(due + perSecond / 100, perSecond);
    while (due >= 1 && underWay < connections && (counts.sent ?? 0) < most) {
      due--;
      underWay++;
      send(counts.sent ?? 0);
      counts.sent = (counts.sent ?? 0) + 1;
    }
  }, 10);
  return {
    stop() {
      clearInterval(timer);
      for (const agent of agents) agent.destroy();
      return counts;
    },
  };
});
