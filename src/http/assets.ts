// Style sheet, script and icon, served from paths that name their content, so that browsers may keep them for ever.
import { createHash } from 'node:crypto';
import type { WebContext } from './request_identity.ts';
import { pageScript } from './script.ts';
import { styleSheet } from './style_sheet.ts';

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="11" fill="#6a1f5d"/><g fill="#fff">${[
  0, 72, 144, 216, 288,
]
  .map(
    (angle) =>
      `<path transform="rotate(${angle} 24 24)" d="M24 22c-5-2.600-7-8-4.700-13C20.300 7 22.200 5.900 24 5.200c1.800.7 3.700 1.800 4.700 3.800C31 14 29 19.400 24 22z"/>`,
  )
  .join('')}</g></svg>`;

function path(name: string, content: string, extension: string): string {
  const digest = createHash('sha256').update(content).digest('base64url').slice(0, 16);
  return `/assets/${name}-${digest}.${extension}`;
}

export const assetPaths = {
  style: path('style', styleSheet, 'css'),
  script: path('page', pageScript, 'js'),
  icon: path('icon', icon, 'svg'),
} as const;

const assets = new Map([
  [assetPaths.style, { type: 'text/css; charset=utf-8', content: styleSheet }],
  [assetPaths.script, { type: 'text/javascript; charset=utf-8', content: pageScript }],
  [assetPaths.icon, { type: 'image/svg+xml', content: icon }],
]);

/** Answers when the path is an asset; true when it did. */
export function answerAsset(ctx: WebContext): boolean {
  const asset = assets.get(ctx.path);
  if (asset === undefined || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return false;
  ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
  ctx.set('Content-Type', asset.type);
  ctx.body = asset.content;
  return true;
}
