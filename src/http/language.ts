// The language of a page: the person's own choice (cookie), else what the relying party asks (ui_locales, OIDC Core
// 3.1.2.1), else the browser's Accept-Language (RFC 9110 12.5.4). English and Traditional Chinese.
import type { Context, ParameterizedContext } from 'koa';
import { type Language, languages } from '../directory/vocabulary.ts';

export const languageCookie = 'bauhinia_language';

/** The language that a BCP 47 tag stands for here; undefined when we speak none of it. Simplified script falls to Traditional. */
function languageOfTag(tag: string): Language | undefined {
  if (/^zh(-|$)/i.test(tag)) return 'zh-Hant';
  if (/^(yue|cmn)(-|$)/i.test(tag)) return 'zh-Hant';
  if (/^en(-|$)/i.test(tag)) return 'en';
  return undefined;
}

/** The first of a space-separated list (ui_locales) that we speak. */
export function languageOfLocales(locales: string): Language | undefined {
  for (const tag of locales.split(' ')) {
    const language = languageOfTag(tag);
    if (language !== undefined) return language;
  }
  return undefined;
}

function languageOfHeader(header: string): Language | undefined {
  const wanted = header
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(';');
      const quality = parameters.map((parameter) => /^\s*q=([\d.]+)/.exec(parameter)?.[1]).find(Boolean);
      return { tag, quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((left, right) => right.quality - left.quality);
  for (const { tag } of wanted) {
    const language = languageOfTag(tag);
    if (language !== undefined) return language;
  }
  return undefined;
}

function one(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}

/** Language of a request; `locales` is what the relying party asked for, where it asked earlier. */
export function chooseLanguage(
  ctx: Context | ParameterizedContext,
  locales: string = one(ctx.query.ui_locales),
): Language {
  const chosen = ctx.cookies.get(languageCookie, { signed: false });
  return (
    languages.find((language) => language === chosen) ??
    languageOfLocales(locales.slice(0, 200)) ??
    languageOfHeader(ctx.get('accept-language')) ??
    'en'
  );
}
