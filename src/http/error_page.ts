// The page of a refusal or a fault. What may be told is told in the person's language; the reference finds it in our log.
import type { Language } from '../directory/vocabulary.ts';
import { html } from './html.ts';
import { page } from './page.ts';

interface Words {
  title: string;
  advice: string;
}

type Group = 'request' | 'expired' | 'absent' | 'refused' | 'busy' | 'away' | 'fault';

const words = {
  en: {
    request: {
      title: 'This request cannot be handled',
      advice: 'Go back to the service you came from and start again.',
    },
    expired: {
      title: 'This sign-in page is no longer valid',
      advice:
        'You may have signed in already, or the page was open too long. Go back to the service that you want to use and begin again there.',
    },
    absent: {
      title: 'Page not found',
      advice: 'Check the address, or go back to the service you came from.',
    },
    refused: {
      title: 'You may not do this',
      advice: 'If you think you should, ask your department’s help desk.',
    },
    busy: { title: 'Too many attempts', advice: 'Try again in {seconds} seconds.' },
    away: {
      title: 'The service is away for a moment',
      advice: 'Nothing was changed. Try again in {seconds} seconds.',
    },
    fault: {
      title: 'Something went wrong',
      advice: 'The fault was recorded. Try again; if it stays, give the reference to your help desk.',
    },
  },
  'zh-Hant': {
    request: { title: '無法處理此要求', advice: '請返回原來的系統，重新開始。' },
    expired: {
      title: '此登入網頁已失效',
      advice: '你可能已經登入，或網頁開啟時間過長。請返回你要使用的系統，重新開始。',
    },
    absent: { title: '找不到網頁', advice: '請檢查網址，或返回原來的系統。' },
    refused: { title: '你不獲准進行此操作', advice: '如有疑問，請聯絡所屬部門的支援服務台。' },
    busy: { title: '嘗試次數過多', advice: '請於 {seconds} 秒後再試。' },
    away: { title: '服務暫時中斷', advice: '資料並無改動，請於 {seconds} 秒後再試。' },
    fault: {
      title: '系統發生錯誤',
      advice: '錯誤已被記錄。請再試；如問題持續，請將參考編號告知支援服務台。',
    },
  },
} as const satisfies Record<Language, Record<Group, Words>>;

const labels = {
  en: { reference: 'Reference: ', details: 'Details for technical staff', home: 'Start page' },
  'zh-Hant': { reference: '參考編號：', details: '技術資料', home: '主頁' },
} as const satisfies Record<Language, Record<string, string>>;
const defaultSeconds = 60;

function groupOf(status: number): Group {
  if (status === 404) return 'absent';
  if (status === 401 || status === 403) return 'refused';
  if (status === 429) return 'busy';
  if (status === 503) return 'away';
  return status >= 500 ? 'fault' : 'request';
}

/** `retryAfter`: the header of the same answer; `expired`: an interaction that is over or was never this browser's. */
export function errorPage(
  language: Language,
  refusal: {
    status: number;
    code: string;
    detail: string | undefined;
    request: string;
    retryAfter?: string;
    expired?: boolean;
  },
): string {
  const group = refusal.expired === true ? 'expired' : groupOf(refusal.status);
  const { title, advice } = words[language][group];
  const { reference, details, home } = labels[language];
  const seconds = Number(refusal.retryAfter) || defaultSeconds;
  // Details are English and technical: for those who must mend a client, not part of the sentence to the person.
  const detail = group === 'request' || group === 'refused' ? refusal.detail : undefined;
  return page({
    language,
    title,
    main: html`<div class="card">
<h1>${title}</h1>
<p class="lead">${advice.replace('{seconds}', String(seconds))}</p>
<ul class="links"><li><a href="/">${home}</a></li></ul>
${detail !== undefined && html`<details><summary>${details}</summary><p lang="en"><code>${refusal.code}</code>: ${detail}</p></details>`}
<p class="reference">${reference}<code>${refusal.request}</code></p>
</div>`,
  });
}
