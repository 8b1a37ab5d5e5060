// A browser without scripts: cookies by path, redirects followed by hand, forms found in the page and posted as they are.
// What leads away from the provider is handed back, not fetched.

interface Cookie {
  name: string;
  value: string;
  path: string;
}

export interface Shown {
  url: URL;
  status: number;
  headers: Headers;
  body: string;
}

export interface Browser {
  /** Follows redirects of the origin; `away` is the first address that leaves it. */
  open(url: string | URL): Promise<Shown & { away: URL | null }>;
  /** Posts the page's form with the given fields on top of its own. */
  submit(page: Shown, fields: Record<string, string>): Promise<Shown & { away: URL | null }>;
}

export interface BrowserOptions {
  origin: string;
  headers?: Record<string, string>;
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&');
}

export function openBrowser({ origin, headers = {} }: BrowserOptions): Browser {
  const jar: Cookie[] = [];

  function keep(response: Response, url: URL): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...parts] = line.split(';').map((part) => part.trim());
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      const path = parts.find((part) => /^path=/i.test(part))?.slice(5) ?? url.pathname;
      const at = jar.findIndex((cookie) => cookie.name === name && cookie.path === path);
      if (at >= 0) jar.splice(at, 1);
      const expires = parts.find((part) => /^expires=/i.test(part))?.slice(8);
      if (value !== '' && (expires === undefined || Date.parse(expires) > 0)) jar.push({ name, value, path });
    }
  }

  async function request(start: URL, init: RequestInit): Promise<Shown & { away: URL | null }> {
    let url = start;
    let next = init;
    for (let hops = 0; hops < 20; hops++) {
      const cookie = jar
        .filter(({ path }) => path === '/' || url.pathname === path || url.pathname.startsWith(`${path}/`))
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ');
      const response = await fetch(url, {
        ...next,
        redirect: 'manual',
        headers: { accept: 'text/html', ...headers, cookie, ...(next.headers as Record<string, string>) },
      });
      keep(response, url);
      const location = response.headers.get('location');
      const body = await response.text();
      const shown = { url, status: response.status, headers: response.headers, body };
      if (location === null) return { ...shown, away: null };
      url = new URL(location, url);
      if (url.origin !== origin) return { ...shown, away: url };
      next = {};
    }
    throw new Error('too many redirects');
  }

  return {
    open: (url) => request(new URL(url, origin), {}),
    submit(page, fields) {
      const form = /<form[^>]*>/.exec(page.body)?.[0];
      if (form === undefined) throw new Error(`no form in the page at ${page.url}: ${page.status}`);
      const values = new URLSearchParams();
      for (const [tag] of page.body.matchAll(/<input[^>]*>/gs)) {
        const name = attribute(tag, 'name');
        if (name !== undefined) values.set(name, attribute(tag, 'value') ?? '');
      }
      for (const [name, value] of Object.entries(fields)) values.set(name, value);
      return request(new URL(attribute(form, 'action') ?? page.url, page.url), {
        method: 'POST',
        headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
        body: values.toString(),
      });
    },
  };
}
