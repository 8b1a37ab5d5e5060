// The frame of every page: header with emblem and language switch, one main column, footer. Our own style sheet only.
import type { Language } from '../directory/vocabulary.ts';
import { assetPaths } from './assets.ts';
import { type Html, html, type Inserted } from './html.ts';

const frame = {
  en: {
    service: 'Bauhinia',
    owner: 'Government staff sign-on',
    skip: 'Skip to main content',
    languages: 'Language',
    notice:
      'For authorised government staff only. Use of this service is recorded. Personal data held here is RESTRICTED.',
  },
  'zh-Hant': {
    service: '洋紫荊',
    owner: '政府人員統一登入',
    skip: '跳至主要內容',
    languages: '語言',
    notice: '只供獲授權的政府人員使用。本服務的使用會被記錄。所載個人資料屬「限閱文件」。',
  },
} as const satisfies Record<Language, Record<string, string>>;

const languageNames = { en: 'English', 'zh-Hant': '繁體中文' } as const satisfies Record<Language, string>;

// Five petals around a centre: our own drawing, not a public emblem.
const emblem = html`<svg class="emblem" viewBox="0 0 48 48" width="40" height="40" aria-hidden="true" focusable="false"><g
fill="currentColor">${[0, 72, 144, 216, 288].map(
  (angle) =>
    html`<path transform="rotate(${angle} 24 24)" d="M24 22c-6-3-8.400-9.500-5.600-15.400C19.600 4.100 21.900 2.900 24 2c2.100.900 4.400 2.100 5.600 4.600C32.400 12.500 30 19 24 22z"/>`,
)}</g><circle cx="24" cy="24" r="2.600" fill="#fff"/></svg>`;

function languageSwitch(language: Language): Html {
  const entries = (Object.keys(languageNames) as Language[]).map((other) =>
    other === language
      ? html`<li><span lang="${other}" aria-current="true">${languageNames[other]}</span></li>`
      : html`<li><a href="/language/${other}" lang="${other}" hreflang="${other}" rel="nofollow">${languageNames[other]}</a></li>`,
  );
  return html`<nav class="languages" aria-label="${frame[language].languages}"><ul>${entries}</ul></nav>`;
}

export interface Page {
  language: Language;
  title: string;
  main: Inserted;
}

export function page({ language, title, main }: Page): string {
  const words = frame[language];
  return html`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} – ${words.service}</title>
<link rel="stylesheet" href="${assetPaths.style}">
<link rel="icon" type="image/svg+xml" href="${assetPaths.icon}">
<script src="${assetPaths.script}" defer></script>
</head>
<body>
<a class="skip" href="#main">${words.skip}</a>
<header>
<div class="bar">
<a class="brand" href="/">${emblem}<span class="names"><span class="service">${words.service}</span><span class="owner">${words.owner}</span></span></a>
${languageSwitch(language)}
</div>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer><p>${words.notice}</p></footer>
</body>
</html>
`.toString();
}
