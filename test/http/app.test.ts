import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { systemClock } from '../../src/clock.ts';
import { OperationError } from '../../src/errors.ts';
import { requireMethod } from '../../src/http/answer_page.ts';
import { createWebApp, type WebAppPorts } from '../../src/http/app.ts';
import { readForm } from '../../src/http/form.ts';
import type { Phase } from '../../src/http/health.ts';
import { listenWeb, type WebListener } from '../../src/http/listeners.ts';
import type { WebMiddleware } from '../../src/http/request_identity.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { soon } from '../journeys/soon.ts';
import { manyConnections } from './connections.ts';

/** A log that keeps its lines. */
function keepingLog(): { log: Log; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const keep = (fields: unknown) => void lines.push({ ...(fields as object) });
  const log = { ...silentLog, trace: keep, debug: keep, info: keep, warn: keep, error: keep, fatal: keep };
  return { log: Object.assign(log, { child: () => log }) as Log, lines };
}

describe('the web application (RFC 9110, RFC 9457, CSP 3)', () => {
  const { log, lines } = keepingLog();
  let phase: Phase = 'serving';
  let takesConnections = true;
  let database: 'connected' | 'away' = 'connected';

  const face: WebMiddleware = async (ctx, next) => {
    switch (ctx.path) {
      case '/face/refusal':
        throw new OperationError('not_found', 'there is no such <person>');
      case '/face/fault':
        throw new Error('secret inner state');
      case '/face/read':
        return requireMethod(ctx, 'GET', 'HEAD');
      case '/face/form':
        ctx.body = (await readForm(ctx, 'http://localhost:8080')).get('a');
        return;
      case '/face/where':
        ctx.body = ctx.state;
        return;
      default:
        await next();
    }
  };
  const registry = new Registry();
  const ports: WebAppPorts = {
    issuer: 'http://localhost:8080',
    ...{
      trustedProxies: ['127.0.0.1'],
      cookieKeys: ['a cookie key'],
      bodyLimit: 1000,
      clock: systemClock,
      log,
    },
    registry,
    metrics: { contentType: registry.contentType, text: () => registry.metrics() },
    ...{ limits: createLocalLimits(systemClock), refusalsPerAddress: 200 },
    metricsToken: 'a-token-of-the-monitoring',
    health: {
      phase: () => phase,
      takesConnections: () => takesConnections,
      replica: () => ({
        ...{ applied: 7, entries: 3, connected: database === 'connected' },
        staleSince: database === 'away' ? new Date('2026-11-22T01:02:03Z') : null,
        leftOut: 0,
      }),
      database: () => database,
    },
    publicFaces: [
      async (ctx, next) => {
        if (ctx.path !== '/issuing.crl') return next();
        ctx.body = Buffer.from('crl');
      },
    ],
    faces: [face],
  };
  let listener: WebListener;
  let base: string;
  before(async () => {
    listener = await listenWeb(createWebApp(ports).callback(), {
      host: '127.0.0.1',
      port: 0,
      connections: manyConnections(),
    });
    base = `http://127.0.0.1:${listener.port}`;
  });
  after(() => listener.close(1000));
  const get = (path: string, headers: Record<string, string> = {}) => fetch(base + path, { headers });

  it('gives every answer the strict headers, refusals and faults included', async () => {
    for (const path of ['/livez', '/face/fault', '/nothing', '/issuing.crl']) {
      const response = await get(path);
      expect(response.headers.get('content-security-policy'), path).to.contain("default-src 'none'");
      expect(response.headers.get('x-content-type-options'), path).to.equal('nosniff');
      expect(response.headers.get('x-request-id'), path).to.match(/^[\w-]{8,}$/);
      expect(response.headers.get('strict-transport-security'), path).to.equal(null);
      await response.arrayBuffer();
    }
    const secure = await get('/livez', { 'x-forwarded-proto': 'https' });
    expect(secure.headers.get('strict-transport-security')).to.match(/^max-age=\d{8}/);
  });

  it('answers a refusal as problem details or as a page, and escapes it', async () => {
    const problem = await get('/face/refusal', { accept: 'application/json' });
    expect(problem.status).to.equal(404);
    expect(problem.headers.get('content-type')).to.contain('application/problem+json');
    expect(await problem.json()).to.include({
      title: 'not_found',
      status: 404,
      detail: 'there is no such <person>',
    });
    const page = await get('/face/refusal', { accept: 'text/html', 'accept-language': 'zh-HK' });
    expect(await page.text())
      .to.contain('找不到網頁')
      .and.to.not.contain('<person>');
  });

  it('names the methods that an address takes (RFC 9110 15.5.6)', async () => {
    const response = await fetch(`${base}/face/read`, { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
    expect(await response.json()).to.include({ status: 405, detail: 'DELETE is not answered here' });
  });

  it('tells nothing of a fault', async () => {
    for (const accept of ['application/json', 'text/html']) {
      const response = await get('/face/fault', { accept });
      expect(response.status).to.equal(500);
      expect(await response.text()).to.not.contain('secret inner state');
    }
  });

  it('logs the path without its query', async () => {
    await (await get('/nothing?code=SECRET-CODE')).arrayBuffer();
    const line = lines.findLast(({ path }) => path === '/nothing');
    expect(line).to.include({ method: 'GET', status: 404, address: '127.0.0.1' });
    expect(JSON.stringify(lines)).to.not.contain('SECRET-CODE');
  });

  it('believes forwarding headers of trusted proxies, up to the last hop that is none', async () => {
    const forwarded = {
      'x-forwarded-for': '6.6.6.6, 203.0.113.9, 127.0.0.1',
      'x-request-id': 'from-the-proxy',
    };
    expect(await (await get('/face/where', forwarded)).json()).to.include({
      ...{ address: '203.0.113.9', request: 'from-the-proxy', secure: false },
    });
    const plain = createWebApp({ ...ports, trustedProxies: ['10.0.0.0/8'], registry: new Registry() });
    const other = await listenWeb(plain.callback(), {
      host: '127.0.0.1',
      port: 0,
      connections: manyConnections(),
    });
    const response = await fetch(`http://127.0.0.1:${other.port}/face/where`, {
      headers: { ...forwarded, 'x-forwarded-proto': 'https' },
    });
    const where = (await response.json()) as Record<string, unknown>;
    expect(where).to.include({ address: '127.0.0.1', secure: false });
    expect(where.request).to.not.equal('from-the-proxy');
    await other.close(1000);
  });

  it('stays ready and says so while the database is away; is not ready while it starts or drains', async () => {
    database = 'away';
    const away = await get('/readyz');
    expect(away.status).to.equal(200);
    expect(await away.json()).to.deep.equal({
      status: 'ready',
      replica: { applied: 7, entries: 3, connected: false, staleSince: '2026-11-22T01:02:03.000Z' },
      database: 'away',
    });
    database = 'connected';
    for (const other of ['starting', 'draining'] as const) {
      phase = other;
      const response = await get('/readyz');
      expect(response.status).to.equal(503);
      expect(await response.json()).to.include({ status: other });
      if (other === 'draining') expect(response.headers.get('connection')).to.equal('close');
    }
    phase = 'serving';
    expect((await get('/livez')).status).to.equal(200);
  });

  it('is not ready while no descriptor is left for a connection', async () => {
    takesConnections = false;
    const response = await get('/readyz');
    takesConnections = true;
    expect(response.status).to.equal(503);
    expect(await response.json()).to.include({ status: 'out of open files' });
  });

  it('shows measurements whose labels a client cannot invent', async () => {
    await new Promise<void>((resolve, reject) => {
      const sent = httpRequest(`${base}/nothing`, { method: 'PROPFIND' }, (response) => {
        response.resume().on('end', resolve);
      });
      sent.on('error', reject).end();
    });
    const text = await (await get('/metrics')).text();
    expect(text).to.contain('bauhinia_http_requests_total{method="other",status="404"} 1');
    expect(text).to.not.contain('PROPFIND');
  });

  it('shows measurements to this machine and to whoever has the token', async () => {
    const stranger = { 'x-forwarded-for': '203.0.113.9' };
    expect((await get('/metrics', stranger)).status).to.equal(404);
    for (const token of ['a-token-of-the-monitorinh', 'a', ''])
      expect((await get('/metrics', { ...stranger, authorization: `Bearer ${token}` })).status).to.equal(404);
    const authorization = 'Bearer a-token-of-the-monitoring';
    expect((await get('/metrics', { ...stranger, authorization })).status).to.equal(200);
    const closed = createWebApp({
      ...ports,
      trustedProxies: [],
      metricsToken: null,
      registry: new Registry(),
    });
    const other = await listenWeb(closed.callback(), {
      host: '127.0.0.1',
      port: 0,
      connections: manyConnections(),
    });
    const status = async (headers: Record<string, string>) =>
      (await fetch(`http://127.0.0.1:${other.port}/metrics`, { headers })).status;
    expect(await status({})).to.equal(200);
    expect(await status({ authorization: 'Bearer null' })).to.equal(200);
    // A proxy on this machine that nobody declared.
    expect(await status(stranger)).to.equal(404);
    expect(await status({ ...stranger, authorization: 'Bearer null' })).to.equal(404);
    await other.close(1000);
  });

  it('refuses a body that is too long before reading it', async () => {
    const response = await fetch(`${base}/face/where`, { method: 'POST', body: 'x'.repeat(1001) });
    expect(response.status).to.equal(413);
  });

  it('turns away who asks for nothing all the time, logs a part of it, and answers others of the address', async () => {
    const stranger = { 'x-forwarded-for': '203.0.113.77', accept: 'application/json' };
    const seen = () => lines.filter(({ address }) => address === '203.0.113.77').length;
    let turned = await get('/nothing', stranger);
    let refused = 1;
    for (; turned.status === 404; refused++) turned = await get('/nothing', stranger);
    expect(refused).to.be.within(200, 400); // they flow back meanwhile
    expect([turned.status, turned.headers.get('connection')]).to.deep.equal([429, 'close']);
    expect(Number(turned.headers.get('retry-after'))).to.be.within(1, 2);
    expect(seen()).to.be.within(60, 120);
    for (const path of ['/livez', '/readyz', '/issuing.crl', '/face/read'])
      expect((await get(path, stranger)).status, path).to.not.equal(429);
    expect((await get('/nothing', { 'x-forwarded-for': '203.0.113.78' })).status).to.equal(404);
  });

  it('logs of the faults that one address causes a part', async () => {
    const stranger = { 'x-forwarded-for': '203.0.113.79' };
    const before = lines.length;
    for (let number = 0; number < 200; number++)
      expect((await get('/face/fault', stranger)).status).to.equal(500);
    const since = lines.slice(before);
    expect(since.filter(({ err }) => err !== undefined)).to.have.length.within(60, 80);
    expect(since.filter(({ status }) => status === 500)).to.have.length.within(60, 80);
  });

  it('takes a request that the client broke off in mid-body for a refusal, not for a fault', async () => {
    const before = lines.length;
    const socket = connect(listener.port, '127.0.0.1').on('error', () => undefined);
    socket.write(
      'POST /face/form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na=',
      () => socket.destroy(),
    );
    const answered = () => lines.slice(before).find(({ path }) => path === '/face/form');
    await soon(
      async () => answered(),
      (line) => line !== undefined,
    );
    expect(answered()).to.include({ status: 400 });
    expect(lines.slice(before).filter(({ err }) => err !== undefined)).to.deep.equal([]);
  });

  it('goes back to its own pages only when the language is switched', async () => {
    const switched = (referer: string) =>
      fetch(`${base}/language/zh-Hant`, { redirect: 'manual', headers: { referer } });
    const back = await switched('http://localhost:8080/oidc/logout?state=1');
    expect(back.status).to.equal(303);
    expect(back.headers.get('location')).to.equal('/oidc/logout?state=1');
    expect(back.headers.get('set-cookie')).to.match(/^bauhinia_language=zh-Hant;.*httponly/);
    expect((await switched('https://evil.example/')).headers.get('location')).to.equal('/');
    const twoSlashes = await switched('http://localhost:8080//evil.example/page');
    expect(twoSlashes.headers.get('location')).to.equal('/evil.example/page');
  });

  it('serves nothing but the public part over plain HTTP where the issuer is https', async () => {
    const app = createWebApp({ ...ports, issuer: 'https://sso.example.gov.hk', registry: new Registry() });
    const other = await listenWeb(app.callback(), {
      host: '127.0.0.1',
      port: 0,
      connections: manyConnections(),
    });
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`http://127.0.0.1:${other.port}${path}`, { headers })).status;
    expect(await status('/face/where')).to.equal(404);
    expect(await status('/face/where', { 'x-forwarded-proto': 'https' })).to.equal(200);
    expect(await status('/issuing.crl')).to.equal(200);
    expect(await status('/livez')).to.equal(200);
    await other.close(1000);
  });

  it('is not created for an http issuer that others could listen to', () => {
    expect(() => createWebApp({ ...ports, issuer: 'http://sso.example.gov.hk' })).to.throw(
      OperationError,
      'issuer http://sso.example.gov.hk must be https',
    );
    expect(() => createWebApp({ ...ports, trustedProxies: ['10.0.0.0/99'] })).to.throw(
      OperationError,
      '10.0.0.0/99',
    );
  });
});

describe('listeners', () => {
  it('name an occupied port', async () => {
    const first = await listenWeb(() => undefined, {
      host: '127.0.0.1',
      port: 0,
      connections: manyConnections(),
    });
    try {
      await listenWeb(() => undefined, {
        host: '127.0.0.1',
        port: first.port,
        connections: manyConnections(),
      });
      expect.fail('listened twice');
    } catch (error) {
      expect(error).to.be.instanceOf(OperationError);
      expect(error).to.include({
        code: 'configuration',
        detail: `port ${first.port} is already in use on 127.0.0.1`,
      });
    }
    await first.close(1000);
  });

  it('let a request in progress finish, close idle connections and refuse new ones', async () => {
    let finish: () => void = () => undefined;
    const listener = await listenWeb(
      (_request, response) => {
        finish = () => response.end('finished');
        started();
      },
      { host: '127.0.0.1', port: 0, connections: manyConnections() },
    );
    let started: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      started = resolve;
    });
    const idle = connect(listener.port, '127.0.0.1');
    const idleClosed = new Promise((resolve) => idle.once('close', resolve));
    idle.on('error', () => undefined).resume();
    const answer = fetch(`http://127.0.0.1:${listener.port}/`);
    await begun;
    const closed = listener.close(2000);
    const refused = await fetch(`http://127.0.0.1:${listener.port}/`).then(
      () => false,
      () => true,
    );
    expect(refused).to.equal(true);
    finish();
    expect(await (await answer).text()).to.equal('finished');
    await closed;
    await idleClosed;
  });

  it('cut what does not finish by the deadline', async () => {
    let begun: () => void = () => undefined;
    const received = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const listener = await listenWeb(() => begun(), {
      host: '127.0.0.1',
      port: 0,
      connections: manyConnections(),
    });
    const answer = fetch(`http://127.0.0.1:${listener.port}/`).then(
      () => 'answered',
      () => 'cut',
    );
    await received;
    await listener.close(50);
    expect(await answer).to.equal('cut');
  });
});
