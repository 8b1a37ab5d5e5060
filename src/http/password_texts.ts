// What the forms that change a password say, in both languages.
import type { PasswordPolicy, PasswordRule } from '../directory/password_policy.ts';
import type { Language } from '../directory/vocabulary.ts';

/** Why a change was refused; `broken`: for rules that the chosen password breaks. */
export const changeProblems = ['blank', 'unequal', 'wrong', 'tooMany', 'busy', 'broken'] as const;
export type ChangeProblem = (typeof changeProblems)[number];

interface PasswordTexts {
  title: string;
  because: string; // why it must be changed
  uid: string;
  current: string;
  chosen: string;
  repeated: string;
  rules: string;
  length: (policy: PasswordPolicy) => string;
  classes: string;
  words: string;
  new: (policy: PasswordPolicy) => string;
  equal: string;
  all: string; // said when everything that can be checked here holds
  left: string; // {n} rules do not hold yet
  submit: string;
  forgotten: string; // whom to ask; stands below every form that takes a password
  show: string;
  hide: string;
  problem: string;
  problems: Record<Exclude<ChangeProblem, 'broken'>, (seconds: number) => string>;
  broken: Record<PasswordRule, (policy: PasswordPolicy) => string>;
}

const english: PasswordTexts = {
  title: 'Change your password',
  because: 'Your password was set by somebody else or has expired. Choose a new one, then you go on.',
  uid: 'User name',
  current: 'Current password',
  chosen: 'New password',
  repeated: 'New password again',
  rules: 'Your new password',
  length: ({ minLength, minLengthThreeClasses }) =>
    minLength === minLengthThreeClasses
      ? `has at least ${minLength} characters`
      : `has at least ${minLength} characters of all four kinds, or ${minLengthThreeClasses} of three`,
  classes: 'mixes at least three of: capital letters, small letters, digits, other characters',
  words:
    'is not made of your names, your numbers or common words, and holds no sequence such as 12345 or 1qaz',
  new: ({ history }) => `is not one of your last ${history} passwords`,
  equal: 'is typed the same twice',
  all: 'All rules that can be checked here are met.',
  left: '{n} rules are not met yet.',
  submit: 'Change password',
  forgotten:
    'Forgotten your password or locked out? Contact your department’s help desk. They never ask for your password.',
  show: 'Show',
  hide: 'Hide',
  problem: 'There is a problem',
  problems: {
    blank: () => 'Fill in every field.',
    unequal: () => 'The new password was not typed the same twice.',
    wrong: () => 'The user name or the current password is wrong, or this account cannot sign in.',
    tooMany: (seconds) => `Too many attempts. Try again in ${seconds} seconds.`,
    busy: (seconds) => `The service is very busy. Nothing was changed; try again in ${seconds} seconds.`,
  },
  broken: {
    too_short: (policy) => `The new password must have ${english.length(policy).replace('has ', '')}.`,
    too_long: () => 'The new password is too long.',
    too_few_classes: () => 'The new password must mix three kinds of characters.',
    restricted_word: () => 'The new password must not be made of your names, your numbers or common words.',
    sequence: () =>
      'The new password must not hold a sequence such as 12345, qwert, 1qaz or aaaa, or repeat one part.',
    used_before: ({ history }) => `The new password must not be one of your last ${history}.`,
    changed_too_recently: ({ minAgeHours }) =>
      `You changed your password less than ${minAgeHours} hours ago. If others know it, ask your help desk.`,
  },
};

const chinese: PasswordTexts = {
  title: '更改密碼',
  because: '你的密碼由他人設定或已過期，請設定新密碼，然後繼續。',
  uid: '用戶名稱',
  current: '現時密碼',
  chosen: '新密碼',
  repeated: '再次輸入新密碼',
  rules: '新密碼須符合以下規定',
  length: ({ minLength, minLengthThreeClasses }) =>
    minLength === minLengthThreeClasses
      ? `最少 ${minLength} 個字元`
      : `包含全部四類字元時最少 ${minLength} 個字元，三類時最少 ${minLengthThreeClasses} 個`,
  classes: '包含以下最少三類：大寫字母、小寫字母、數字、其他字元',
  words: '不可由你的姓名、號碼或常用字詞組成，亦不可含有 12345 或 1qaz 等順序字元',
  new: ({ history }) => `不可與最近 ${history} 個密碼相同`,
  equal: '兩次輸入相同',
  all: '可在此檢查的規定均已符合。',
  left: '尚有 {n} 項規定未符合。',
  submit: '更改密碼',
  forgotten: '忘記密碼或帳戶被鎖？請聯絡所屬部門的支援服務台。職員絕不會向你索取密碼。',
  show: '顯示',
  hide: '隱藏',
  problem: '未能更改密碼',
  problems: {
    blank: () => '請填寫所有欄位。',
    unequal: () => '兩次輸入的新密碼不相同。',
    wrong: () => '用戶名稱或現時密碼不正確，或此帳戶不能登入。',
    tooMany: (seconds) => `嘗試次數過多，請於 ${seconds} 秒後再試。`,
    busy: (seconds) => `系統非常繁忙，密碼並未更改，請於 ${seconds} 秒後再試。`,
  },
  broken: {
    too_short: (policy) => `新密碼太短：${chinese.length(policy)}。`,
    too_long: () => '新密碼太長。',
    too_few_classes: () => '新密碼須包含最少三類字元。',
    restricted_word: () => '新密碼不可由你的姓名、號碼或常用字詞組成。',
    sequence: () => '新密碼不可含有 12345、qwert、1qaz 或 aaaa 等順序字元，亦不可由同一部分重複組成。',
    used_before: ({ history }) => `新密碼不可與最近 ${history} 個密碼相同。`,
    changed_too_recently: ({ minAgeHours }) =>
      `你在 ${minAgeHours} 小時內曾更改密碼。如密碼已為他人所知，請聯絡支援服務台。`,
  },
};

export const passwordTexts = { en: english, 'zh-Hant': chinese } as const satisfies Record<
  Language,
  PasswordTexts
>;
