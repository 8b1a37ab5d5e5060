// Rules of passwords (G3 11.4(b), 11.4(c)).
import { expect } from 'chai';
import {
  brokenRules,
  defaultPasswordNumbers,
  type PasswordRule,
  passwordPolicies,
} from '../../src/directory/password_policy.ts';

const policies = passwordPolicies(defaultPasswordNumbers);
const facts = {
  words: ['ptmchan', 'zv2', 'Chan', 'Tai-man', 'taimanchan', 'CSB', '123456', '28674608', '陳大文'],
};

const restricted = (password: string): [string, PasswordRule[]] => [password, ['restricted_word']];

describe('password policy', () => {
  const cases: [password: string, broken: PasswordRule[]][] = [
    ['Kp7#mvQ2', []],
    ['Kp7mvQ2xRw', []], // three classes at ten characters
    ['陳Kp7#mvQ2', []],
    ['a', ['too_short', 'too_few_classes']],
    ['', ['too_short', 'too_few_classes']],
    ['Kp7#mvQ', ['too_short']],
    ['Kp7mvQ2xR', ['too_short']], // three classes need ten
    ['kpmvqxrwzt', ['too_few_classes']],
    ['kpmvqxrw2847', ['too_few_classes']],
    [`Kp7#${'x'.repeat(3)}${'Qz7!'.repeat(300)}`, ['too_long']],
    ['Ptmchan#1', ['restricted_word']],
    ['nahcmtP#1', ['restricted_word']], // reversed
    ['P@ssw0rd1!', ['restricted_word']], // disguised
    ['Tai-Man-7!', ['restricted_word']],
    ['28674608aB!', ['restricted_word']],
    ['CSB-2847!', ['too_short', 'restricted_word']],
    ['Kp-CSB-2847', []], // a short word counts only when no other letter is left
    ['Welcome-2847', ['restricted_word']],
    ['Welcome-to-the-Peak-2847', []], // long enough without the word
    ['Kp#12345', ['sequence']],
    ['Kp7#qwert', ['sequence']],
    ['Kp7#trewq', ['sequence']],
    ['Kp7#aaaa', ['sequence']],
    ['Kp7#1234', []],
    ['WelcomeGovernment1', ['restricted_word']], // several words
    ['PasswordWelcome1', ['restricted_word']],
    ['Password1Password', ['restricted_word']],
    ['Ptmchan1Ptmchan1', ['restricted_word', 'sequence']], // one login twice
    ['ChanChanChan1!', ['restricted_word']],
    ['Aa1!Aa1!', ['sequence']], // one block twice
    ['Kp7#mKp7#m', ['sequence']],
    ['P\u0430ssword1!', ['restricted_word']], // a Cyrillic letter that looks Latin
    ['P\u03b1ssw\u03bfrd1!', ['restricted_word']], // Greek ones
    ['\uff30assword1!', ['restricted_word']], // a letter of full width
    ['Welcome-Kp7mvQ2-Government', ['restricted_word']],
    ['Welcome-Kp7mvQ2x-Government', []],
    ['Kp7#Kp7#m', []], // more than one block
    ...['Paßword-2026', 'Passvvord-26', 'P@55w()rd-26', 'P@55w[]rd-26'].map(restricted), // in a thin disguise
    ...['Hon9Kong-2026', 'We1come-2026', 'Ch4n|Chan-26', 'Govemment-26', 'Go\u03bdemment-26'].map(restricted),
    ...['Bauhinia-2026', 'Summer-2026!', 'Summer2026!', 'May-2026-May', '20-August-26'].map(restricted), // of the season
    ...['CSB-2026-zv2!', 'zv2-2026-CSB', '2026!Csb_Zv2', 'C5B-2026-zv2!', 'Bsc-2vz-2026!'].map(restricted), // short ones
    ['CSB-2026-zv2!k', []],
    ['May-Kp7mvQ2x', []],
    ['1qaz@WSX3edc', ['sequence']], // columns of the keyboard
    ['ZAQ!xsw2-Kp7', ['sequence']],
    ['Kp7#mQ-9ol.', ['sequence']],
    ['Qazwsx-84Kp', ['sequence']],
    ['Kp7m!@#$%vQ', ['sequence']],
    ['Kp7#qaz-8mv', []],
  ];
  for (const [password, broken] of cases) {
    it(`${password.slice(0, 30) || 'nothing'}: ${broken.join(', ') || 'is taken'}`, () => {
      expect(brokenRules(policies.personal, facts, password)).to.deep.equal(broken);
    });
  }

  it('counts one text once, however its characters are composed', () => {
    const composed = 'Caf\u00e9-7#mvQ';
    const decomposed = composed.normalize('NFD');
    expect([...decomposed].length).to.be.greaterThan([...composed].length);
    for (const text of [composed, decomposed])
      expect(brokenRules(policies.personal, facts, text)).to.deep.equal([]);
    expect(brokenRules(policies.personal, facts, 'e\u0301A7#xyz')).to.deep.equal(['too_short']);
  });

  it('asks more of privileged accounts, and of systems length alone', () => {
    expect(brokenRules(policies.privileged, facts, 'Kp7#mvQ2')).to.deep.equal(['too_short']);
    expect(brokenRules(policies.privileged, facts, 'Kp7#mvQ2-Rw4tZy')).to.deep.equal([]);
    expect(policies.break_glass.maxAgeDays).to.equal(0);
    expect(policies.personal).to.include({ history: 8, maxAgeDays: 180, minAgeHours: 24 });
    expect(policies.service).to.include({ minLength: 16, maxAgeDays: 0 });
  });
});
