// The page of a refusal or a fault. What may be told is told in the person's language; the reference finds it in our log.
import type { Language } from '../directory/vocabulary.ts';
import { html } from './html.ts';
import { page } from './page.ts';

interface Words {
  title: string;
  advice: string;
}

type Group = 'request' | 'absent' | 'refused' | 'busy' | 'away' | 'fault';

const words = {
  en: {
    request: {
      title: 'This request cannot be handled',
      advice: 'Go back to the service you came from and start again.',
    },
    absent: {
      title: 'Page not found',
      advice: 'Check the address, or go back to the service you came from.',
    },
    refused: {
      title: 'You may not do this',
      advice: 'If you think you should, ask your department’s help desk.',
    },
    busy: { title: 'Too many attempts', advice: 'Wait a minute, then try again.' },
    away: {
      title: 'The service is away for a moment',
      advice: 'Nothing was changed. Try again in a minute.',
    },
    fault: {
      title: 'Something went wrong',
      advice: 'The fault was recorded. Try again; if it stays, give the reference to your help desk.',
    },
  },
  'zh-Hant': {
    request: { title: '無法處理此要求', advice: '請返回原來的系統，重新開始。' },
    absent: { title: '找不到網頁', advice: '請檢查網址，或返回原來的系統。' },
    refused: { title: '你不獲准進行此操作', advice: '如有疑問，請聯絡所屬部門的支援服務台。' },
    busy: { title: '嘗試次數過多', advice: '請稍候一分鐘再試。' },
    away: { title: '服務暫時中斷', advice: '資料並無改動，請於一分鐘後再試。' },
    fault: {
      title: '系統發生錯誤',
      advice: '錯誤已被記錄。請再試；如問題持續，請將參考編號告知支援服務台。',
    },
  },
} as const satisfies Record<Language, Record<Group, Words>>;

const reference = { en: 'Reference', 'zh-Hant': '參考編號' } as const satisfies Record<Language, string>;

function groupOf(status: number): Group {
  if (status === 404) return 'absent';
  if (status === 401 || status === 403) return 'refused';
  if (status === 429) return 'busy';
  if (status === 503) return 'away';
  return status >= 500 ? 'fault' : 'request';
}

export function errorPage(
  language: Language,
  refusal: { status: number; code: string; detail: string | undefined; request: string },
): string {
  const group = groupOf(refusal.status);
  const { title, advice } = words[language][group];
  // Details are English and technical: for those who must mend a client, not part of the sentence to the person.
  const detail = group === 'request' || group === 'refused' ? refusal.detail : undefined;
  return page({
    language,
    title,
    switchable: false,
    main: html`<div class="card">
<h1>${title}</h1>
<p class="lead">${advice}</p>
${detail !== undefined && html`<p class="muted" lang="en"><code>${refusal.code}</code>: ${detail}</p>`}
<p class="reference">${reference[language]}: <code>${refusal.request}</code></p>
</div>`,
  });
}
