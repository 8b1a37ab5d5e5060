// What the sign-on pages say, in both languages.
import type { ClearanceLevel, Language } from '../../directory/vocabulary.ts';

interface Texts {
  signIn: string;
  signInTo: string; // before the system's name
  uid: string;
  password: string;
  continue: string;
  cancel: string;
  problem: string;
  wrong: string;
  tooMany: string;
  busy: string;
  blank: string;
  notPersonalTitle: string;
  notPersonal: string;
  notAdmittedTitle: string;
  notAdmitted: string;
  notClearedTitle: string;
  notCleared: string;
  unmetTitle: string;
  unmet: string;
  returnTo: string; // {name} is the system's
  grade: string; // before the classification
  contact: string; // before the department's contact
  consentTitle: string;
  consentLead: string;
  signedInAs: string;
  allow: string;
  refuse: string;
  offline: string;
  logoutTitle: string;
  logoutLead: string;
  logout: string;
  stay: string;
  signedOutTitle: string;
  signedOut: string;
  keptTitle: string;
  kept: string;
}

export const texts = {
  en: {
    signIn: 'Sign in',
    signInTo: 'You are signing in to',
    uid: 'User name',
    password: 'Password',
    continue: 'Sign in',
    cancel: 'Cancel',
    problem: 'There is a problem',
    wrong: 'The user name or the password is wrong, or this account cannot sign in.',
    tooMany: 'Too many attempts to sign in. Try again in {seconds} seconds.',
    busy: 'The service is very busy. Try again in {seconds} seconds.',
    blank: 'Enter your user name and your password.',
    notPersonalTitle: 'This account cannot sign in here',
    notPersonal:
      'Privileged and service accounts are not for daily work. Sign in with your personal account.',
    notAdmittedTitle: 'This system is not open to you',
    notAdmitted:
      'The system’s owner has not opened it to your bureau or department. If you need it for your work, ask your department’s help desk.',
    notClearedTitle: 'This system requires a clearance',
    notCleared:
      'Your security clearance is below what this system requires. Ask your department’s security officer if you need it for your work.',
    unmetTitle: 'A stronger proof of identity is needed',
    unmet: 'This system asks for a proof of identity that your account does not offer here.',
    returnTo: 'Return to {name}',
    grade: 'Handles information up to ',
    contact: 'Help with your account: ',
    consentTitle: 'Share your information?',
    consentLead: 'would like to receive:',
    signedInAs: 'Signed in as',
    allow: 'Allow',
    refuse: 'Do not allow',
    offline: 'access to these while you are away, for up to 12 hours',
    logoutTitle: 'Sign out?',
    logoutLead: 'You will be signed out of this service and of the systems that you entered through it.',
    logout: 'Sign out',
    stay: 'Stay signed in',
    signedOutTitle: 'You are signed out',
    signedOut: 'Close all browser windows if others use this computer.',
    keptTitle: 'You are still signed in',
    kept: 'You left one system only. Your sign-on to the others goes on.',
  },
  'zh-Hant': {
    signIn: '登入',
    signInTo: '你正登入',
    uid: '用戶名稱',
    password: '密碼',
    continue: '登入',
    cancel: '取消',
    problem: '未能登入',
    wrong: '用戶名稱或密碼不正確，或此帳戶不能登入。',
    tooMany: '登入次數過多，請於 {seconds} 秒後再試。',
    busy: '系統非常繁忙，請於 {seconds} 秒後再試。',
    blank: '請輸入用戶名稱及密碼。',
    notPersonalTitle: '此帳戶不能在此登入',
    notPersonal: '特權帳戶及服務帳戶不作日常工作之用，請以個人帳戶登入。',
    notAdmittedTitle: '此系統並未向你開放',
    notAdmitted:
      '系統負責人並未向你所屬的決策局或部門開放此系統。如因工作需要使用，請聯絡所屬部門的支援服務台。',
    notClearedTitle: '此系統要求保密審查',
    notCleared: '你的保密審查級別低於此系統的要求。如因工作需要使用，請聯絡所屬部門的保安主任。',
    unmetTitle: '需要更嚴格的身分核證',
    unmet: '此系統要求的身分核證方式，你的帳戶在此未能提供。',
    returnTo: '返回{name}',
    grade: '處理資料的最高保密級別：',
    contact: '帳戶支援：',
    consentTitle: '是否提供你的資料？',
    consentLead: '希望取得以下資料：',
    signedInAs: '已登入帳戶',
    allow: '允許',
    refuse: '不允許',
    offline: '在你離開後繼續取用以上資料，最長 12 小時',
    logoutTitle: '確定登出？',
    logoutLead: '你將登出本服務，以及經本服務登入的各個系統。',
    logout: '登出',
    stay: '保持登入',
    signedOutTitle: '你已登出',
    signedOut: '如與他人共用此電腦，請關閉所有瀏覽器視窗。',
    keptTitle: '你仍在登入狀態',
    kept: '你只離開了一個系統，其他系統的登入不受影響。',
  },
} as const satisfies Record<Language, Texts>;

/** What a scope releases, as the consent page says it. A scope without a line of its own shows nothing about the person. */
export const scopeTexts: Record<Language, Record<string, string>> = {
  en: {
    profile: 'your name in English and Chinese, and your user name',
    email: 'your e-mail address',
    phone: 'your office telephone number',
    organisation: 'your bureau or department and your posts',
    groups: 'the groups that you belong to',
    clearance: 'your security clearance, as far as it counts in that system',
  },
  'zh-Hant': {
    profile: '你的中英文姓名及用戶名稱',
    email: '你的電郵地址',
    phone: '你的辦公室電話號碼',
    organisation: '你所屬的決策局或部門及職位',
    groups: '你所屬的群組',
    clearance: '你在該系統適用的保密審查級別',
  },
};

/** Grades as the Security Regulations name them; nothing is shown for what is not classified. */
export const gradeTexts: Record<Language, Partial<Record<ClearanceLevel, string>>> = {
  en: { RESTRICTED: 'RESTRICTED', CONFIDENTIAL: 'CONFIDENTIAL' },
  'zh-Hant': { RESTRICTED: '限閱文件', CONFIDENTIAL: '機密' },
};
