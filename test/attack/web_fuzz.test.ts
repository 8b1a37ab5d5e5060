// Thousands of malformed requests to every address of the web faces, of strangers, of somebody in the middle of a sign-on
// and of somebody signed in: each is answered, and none by a fault.
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { expect } from 'chai';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { type RunningServer, startServer } from '../journeys/running_server.ts';

const requests = 5_000;
const underWay = 24;
const seed = 20_261_124;

/** Mulberry32: the same requests at every run. */
function createDice(state: number): <T>(faces: readonly T[]) => T {
  let next = state;
  return (faces) => {
    next = (next + 0x6d2b79f5) | 0;
    let mixed = Math.imul(next ^ (next >>> 15), next | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const face = faces[((mixed ^ (mixed >>> 14)) >>> 0) % faces.length];
    if (face === undefined) throw new Error('a die without faces');
    return face;
  };
}

const known = [
  ...[
    '/',
    '/account/password',
    '/livez',
    '/readyz',
    '/metrics',
    '/language/en',
    '/pki/root.cer',
    '/pki/issuing.crl',
  ],
  ...['/oidc/authorize', '/oidc/authorize', '/oidc/par', '/oidc/token', '/oidc/token', '/oidc/userinfo'],
  ...[
    '/oidc/introspect',
    '/oidc/revoke',
    '/oidc/jwks',
    '/oidc/logout',
    '/oidc/logout',
    '/oidc/logout/confirm',
  ],
  ...['/oidc/logout/success', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
];
const odd = [
  ...[
    '/account',
    '/account/password/changed',
    '/nothing',
    '/assets/style.css',
    '/assets/%2e%2e',
    '/language/__proto__',
  ],
  ...['/pki/constructor.pem', '/pki/issuing.__proto__', '/oidc/sign-in/abc', '/oidc/sign-in/__proto__'],
  ...['/oidc/authorize/abc', '/oidc/authorize/..', '/oidc/device', '/oidc/reg', '/oidc/%61uthorize'],
  ...['//evil.example/', '/%', '/%ff%fe', '/oidc/sign-in/%00', '/;/..;/', '/OIDC/Token/'],
];
const names = [
  ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce', 'prompt'],
  ...[
    'max_age',
    'claims',
    'acr_values',
    'ui_locales',
    'login_hint',
    'id_token_hint',
    'logout_hint',
    'resource',
  ],
  ...['code_challenge', 'code_challenge_method', 'code_verifier', 'request', 'request_uri', 'registration'],
  ...['post_logout_redirect_uri', 'grant_type', 'code', 'refresh_token', 'token', 'token_type_hint'],
  ...['client_secret', 'client_assertion', 'client_assertion_type', 'xsrf', 'logout', 'action', 'uid'],
  ...[
    'password',
    'new_password',
    'authorization_details',
    'dpop_jkt',
    '__proto__',
    'constructor',
    'toString',
    '',
  ],
];
const values = [
  ...[
    '',
    'im',
    'mail',
    'nobody',
    '__proto__',
    'code',
    'none',
    'openid profile email',
    'login',
    'consent',
    'S256',
  ],
  ...[
    'plain',
    'query',
    'fragment',
    'form_post',
    'jwt',
    'http://localhost:9002/callback',
    'javascript:alert(1)',
  ],
  ...[
    '//evil',
    'urn:ietf:params:oauth:request_uri:abc',
    'authorization_code',
    'refresh_token',
    'client_credentials',
  ],
  ...['E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'],
  ...[
    '-1',
    '0',
    '1e309',
    '99999999999999999999',
    'null',
    '{}',
    '[]',
    '{"id_token":{"acr":{"essential":true}}}',
  ],
  ...['{"userinfo":{"__proto__":null}}', '{"id_token":null,"userinfo":7}', '{', 'eyJhbGciOiJub25lIn0.e30.'],
  ...[
    'a.b.c',
    'eyJhdWQiOiJpbSJ9',
    'a\0b',
    '\ud800',
    '\u202e',
    '<script>',
    '\'"--',
    '%',
    '%zz',
    '中文',
    'é',
    ' ',
  ],
  ...['x'.repeat(3_000), 'a b\r\nSet-Cookie: a=b', 'login', 'abort', 'change', 'yes', demoUids.clerk],
];
const methods = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'POST',
  'HEAD',
  'OPTIONS',
  'PUT',
  'DELETE',
  'PATCH',
  'TRACE',
];
const form = 'application/x-www-form-urlencoded';
const types = [form, form, form, `${form}; charset=utf-7`, `${form}; charset=nonsense`, 'application/json'];
const moreTypes = ['multipart/form-data', 'text/plain', 'nonsense', ''];
const oddHeaders: readonly OutgoingHttpHeaders[] = [
  {},
  {},
  {},
  { accept: 'text/html' },
  { accept: '*/;q=x', 'accept-language': 'zh-Hant-HK;q=2,*;q=,' },
  { 'accept-language': `${'a-'.repeat(2_000)}` },
  { authorization: 'Basic' },
  { authorization: 'Basic %%%' },
  { authorization: `Basic ${Buffer.from('im:%zz').toString('base64')}` },
  { authorization: `Basic ${Buffer.from(`im:${demoSystemSecret('im')}`).toString('base64')}` },
  { authorization: `Basic ${Buffer.from(`mail:${demoSystemSecret('mail')}`).toString('base64')}` },
  { authorization: 'Bearer' },
  { authorization: 'Bearer nonsense' },
  { authorization: 'DPoP a', dpop: 'a.b.c' },
  { host: '' },
  { host: '[' },
  { host: 'evil.example:99999' },
  { origin: 'null' },
  { origin: 'http://[', 'access-control-request-method': 'POST' },
  { referer: 'http://[' },
  { 'x-forwarded-for': 'a, b', 'x-forwarded-host': '[', 'x-forwarded-proto': 'https', forwarded: 'for=[' },
  { 'x-request-id': 'x'.repeat(100) },
  { range: 'bytes=9-1', 'if-none-match': '*', 'if-modified-since': 'x' },
  { cookie: 'bauhinia_session=%; bauhinia_sign_in==;; bauhinia_language=xx; __proto__=a' },
  { cookie: 'bauhinia_problem=e30; bauhinia_resume=abc; bauhinia_resume.sig=abc' },
  { expect: '100-continue' },
  { connection: 'upgrade', upgrade: 'websocket' },
  { 'content-length': '9999999' },
];

interface Sent {
  method: string;
  path: string;
  headers: OutgoingHttpHeaders;
  body: string;
  from: string;
}

describe('malformed requests to the web faces', function () {
  this.timeout(180_000);
  let server: RunningServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.remove());

  const origin = () => server.issuer;

  /** The status; 0 where the connection was closed without an answer, as a request that is no HTTP deserves. */
  function send({
    method,
    path,
    headers,
    body,
    from,
  }: Sent): Promise<{ status: number; cookies: string[]; location: string }> {
    return new Promise((resolve) => {
      const closed = () => resolve({ status: 0, cookies: [], location: '' });
      try {
        const sent = httpRequest(
          {
            host: '127.0.0.1',
            port: server.ports.http,
            method,
            path,
            headers,
            localAddress: from,
            agent: false,
          },
          (response) => {
            response.resume().once('close', () =>
              resolve({
                status: response.statusCode ?? 0,
                cookies: response.headers['set-cookie'] ?? [],
                location: response.headers.location ?? '',
              }),
            );
          },
        );
        sent.once('error', closed);
        sent.once('upgrade', (_response, socket) => socket.destroy());
        sent.setTimeout(2_000, () => sent.destroy());
        sent.end(body);
      } catch {
        closed(); // this client would not send it
      }
    });
  }

  const begin = `/oidc/authorize?${new URLSearchParams({
    ...{
      client_id: 'im',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: 'http://localhost:9002/callback',
    },
    ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' },
  })}`;
  const pairs = (cookies: string[]) =>
    cookies
      .map((cookie) => cookie.split(';')[0])
      .filter((pair) => !pair?.endsWith('='))
      .join('; ');

  /** A sign-on under way: its id, and the cookies of its browser. */
  async function signOnUnderWay(): Promise<{ uid: string; cookie: string }> {
    const begun = await send({ method: 'GET', path: begin, headers: {}, body: '', from: '127.0.68.1' });
    return { uid: begun.location.split('/').at(-1) ?? '', cookie: pairs(begun.cookies) };
  }

  async function signedIn(): Promise<string> {
    const { uid, cookie } = await signOnUnderWay();
    const post = {
      ...{ method: 'POST', path: `/oidc/sign-in/${uid}`, from: '127.0.68.1' },
      headers: { cookie, origin: origin(), 'content-type': form },
      body: new URLSearchParams({ action: 'login', uid: demoUids.clerk, password: demoPassword }).toString(),
    };
    const answered = await send(post);
    const resumed = await send({
      ...{ method: 'GET', path: new URL(answered.location, origin()).pathname, from: '127.0.68.1' },
      ...{ headers: { cookie }, body: '' },
    });
    return pairs(resumed.cookies);
  }

  it('are all answered, none by a fault', async () => {
    const roll = createDice(seed);
    const session = await signedIn();
    expect(session).to.contain('bauhinia_session=');
    const underWayNow = await Promise.all(Array.from({ length: 20 }, signOnUnderWay));
    const parameters = (): string =>
      Array.from({ length: roll([0, 1, 2, 4, 8]) }, () => {
        const [name, value] = [roll(names), roll(values)];
        // Some as they are, which no client library would send.
        return roll([true, true, true, false])
          ? `${encodeURIComponent(name)}=${encodeURIComponent(Buffer.from(value).toString())}`
          : `${name}=${value.replace(/[^\x21-\x7e]/g, '%ff')}`;
      }).join('&');

    function next(number: number): Sent {
      const method = roll(methods);
      const signOn = roll(underWayNow);
      const ofSignOn = roll([`/oidc/sign-in/${signOn.uid}`, `/oidc/authorize/${signOn.uid}`]);
      const path = roll([roll(known), roll(known), roll(known), ofSignOn, roll(odd)]);
      const query = roll([
        '',
        `?${parameters()}`,
        `?${parameters()}`,
        path === '/oidc/authorize' ? `${begin.slice(15)}&${parameters()}` : '',
      ]);
      const sendsBody = method !== 'GET' && method !== 'HEAD';
      const body = sendsBody
        ? roll([
            parameters(),
            parameters(),
            parameters(),
            parameters(),
            roll(['{', 'x'.repeat(70_000), '%ff%00=%', '']),
          ])
        : '';
      const cookie = roll(['', session, signOn.cookie, `${session}; ${signOn.cookie}`]);
      return {
        ...{ method, path: path + query, body, from: `127.0.68.${1 + (number % 250)}` },
        headers: {
          ...(cookie !== '' && { cookie }),
          ...(sendsBody && {
            'content-type': roll([...types, ...moreTypes]),
            'content-length': Buffer.byteLength(body),
          }),
          ...roll([{}, { origin: origin() }]),
          ...roll(oddHeaders),
        },
      };
    }

    const statuses = new Map<number, number>();
    const faults: string[] = [];
    let number = 0;
    async function line(): Promise<void> {
      while (number < requests) {
        const sent = next(number++);
        const { status } = await send(sent);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status >= 500)
          faults.push(
            `${status} ${sent.method} ${sent.path.slice(0, 300)} ${JSON.stringify(sent.headers).slice(0, 300)} ${sent.body.slice(0, 200)}`,
          );
      }
    }
    await Promise.all(Array.from({ length: underWay }, line));
    expect(faults.slice(0, 10), `${faults.length} of ${JSON.stringify([...statuses])}`).to.deep.equal([]);
    const errors = server
      .log()
      .split('\n')
      .filter((text) => /"level":[56]0/.test(text));
    expect(errors.slice(0, 3)).to.deep.equal([]);
    expect(statuses.get(200), 'answered').to.be.greaterThan(100);
    expect(statuses.get(429) ?? 0, 'turned away').to.be.below(requests / 10);
  });
});
