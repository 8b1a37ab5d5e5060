// Debian's Chromium, driven as a person without a mouse drives it: keys in, what the page says out. It speaks the DevTools
// protocol over a pipe (file descriptors 3 and 4, messages of JSON ended by NUL), so that no port is opened.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const keys = {
  Tab: { code: 'Tab', windowsVirtualKeyCode: 9 },
  Enter: { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' },
} as const;

export interface Tab {
  open(url: string): Promise<void>;
  press(key: keyof typeof keys): Promise<void>;
  /** One key after the other into whatever has the focus. */
  type(text: string): Promise<void>;
  /** The value of an expression in the page; throws while the page is being replaced. */
  read<T>(expression: string): Promise<T>;
  show(view: { width: number; scheme: 'light' | 'dark'; language: string }): Promise<void>;
  close(): Promise<void>;
}

interface Answer {
  id?: number;
  error?: { message: string };
  result?: Record<string, unknown>;
}

const options = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--remote-debugging-pipe'],
];

/** A browser with one tab and an empty profile of its own. */
export async function openChromium(): Promise<Tab> {
  const profile = await mkdtemp(join(tmpdir(), 'bauhinia-chromium-'));
  const child = spawn('chromium', [...options, `--user-data-dir=${profile}`, 'about:blank'], {
    env: { PATH: process.env.PATH ?? '', HOME: profile },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  const commands = child.stdio[3] as Writable;
  const answers = child.stdio[4] as Readable;
  const waiting = new Map<number, (answer: Answer) => void>();
  let rest = '';
  answers.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (rest + chunk).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const answer: Answer = JSON.parse(message);
      if (answer.id === undefined) continue; // an event
      waiting.get(answer.id)?.(answer);
      waiting.delete(answer.id);
    }
  });
  child.once('exit', () => {
    for (const settle of waiting.values()) settle({ error: { message: 'chromium has ended' } });
    waiting.clear();
  });
  let last = 0;
  async function call(method: string, params: object = {}, sessionId?: string) {
    last += 1;
    const id = last;
    const answered = new Promise<Answer>((settle) => waiting.set(id, settle));
    commands.write(
      `${JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`,
    );
    const { error, result } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const attached = await call('Target.attachToTarget', { targetId, flatten: true });
  const session = String(attached.sessionId);
  const stroke = async (key: object): Promise<void> => {
    await call('Input.dispatchKeyEvent', { type: 'keyDown', ...key }, session);
    await call('Input.dispatchKeyEvent', { type: 'keyUp', ...key, text: undefined }, session);
  };
  return {
    open: async (url) => {
      await call('Page.navigate', { url }, session);
    },
    press: (key) => stroke({ key, ...keys[key] }),
    type: async (text) => {
      for (const character of text) await stroke({ key: character, text: character });
    },
    read: async <T>(expression: string) => {
      const { result, exceptionDetails } = await call(
        'Runtime.evaluate',
        { expression, returnByValue: true },
        session,
      );
      if (exceptionDetails !== undefined) throw new Error(`the page cannot read ${expression}`);
      return (result as { value: T }).value;
    },
    show: async ({ width, scheme, language }) => {
      const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: false };
      await call('Emulation.setDeviceMetricsOverride', metrics, session);
      const features = [{ name: 'prefers-color-scheme', value: scheme }];
      await call('Emulation.setEmulatedMedia', { features }, session);
      const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Chromium';
      await call('Emulation.setUserAgentOverride', { userAgent, acceptLanguage: language }, session);
    },
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
