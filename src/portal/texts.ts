// What the front page and the account pages say, in both languages.
import type { Language } from '../directory/vocabulary.ts';

/** Authorities whose certificates and lists are fetched from /pki (est/distribution.ts). */
export const authorities = ['root', 'issuing', 'services'] as const;

interface PortalTexts {
  title: string;
  lead: string;
  signIn: string;
  signInLead: string;
  account: string;
  changePassword: string;
  help: string;
  certificates: string;
  certificatesLead: string;
  authorities: Record<(typeof authorities)[number], string>;
  certificate: string; // {name} is the authority's
  list: string;
  changed: string;
  changedLead: string;
  changeLead: string;
  back: string;
}

export const portalTexts = {
  en: {
    title: 'Government staff directory and sign-on',
    lead: 'This service proves who you are to mail, instant messaging, file sharing and other systems of the government, and keeps the directory that they share.',
    signIn: 'Sign in',
    signInLead: 'Open the system that you want to use: it leads you here to sign in, and back.',
    account: 'Your account',
    changePassword: 'Change your password',
    help: 'Help',
    certificates: 'Certificates of this service',
    certificatesLead: 'For those who set up mail programs and servers.',
    authorities: {
      root: 'Root authority',
      issuing: 'Authority for staff certificates',
      services: 'Authority for servers',
    },
    certificate: '{name}: certificate',
    list: '{name}: revocation list',
    changed: 'Your password is changed',
    changedLead:
      'Sign-ons that you had open elsewhere have ended. Use the new password from now on, also in mail programs that keep it.',
    changeLead:
      'Mail programs that keep your password need the new one afterwards. Sign-ons that are open elsewhere end.',
    back: 'Start page',
  },
  'zh-Hant': {
    title: '政府人員目錄及統一登入',
    lead: '本服務為電郵、即時通訊、檔案分享及其他政府系統核證你的身分，並管理各系統共用的人員目錄。',
    signIn: '登入',
    signInLead: '請直接開啟你要使用的系統，系統會帶你到此登入，然後返回。',
    account: '你的帳戶',
    changePassword: '更改密碼',
    help: '支援',
    certificates: '本服務的證書',
    certificatesLead: '供設定電郵程式及伺服器的人員使用。',
    authorities: { root: '根核證機關', issuing: '人員證書核證機關', services: '伺服器證書核證機關' },
    certificate: '{name}的證書',
    list: '{name}的證書撤銷清單',
    changed: '密碼已更改',
    changedLead: '你在其他地方的登入已結束。請由現在起使用新密碼，包括儲存密碼的電郵程式。',
    changeLead: '儲存密碼的電郵程式其後須輸入新密碼；你在其他地方的登入將會結束。',
    back: '主頁',
  },
} as const satisfies Record<Language, PortalTexts>;
