// Who is let in to the hash at all, and what is remembered of those who succeeded.
import { expect } from 'chai';
import { type AdmissionRules, createAdmission } from '../../src/authentication/admission.ts';
import {
  type Acquaintance,
  createFamiliarity,
  type KnownAccount,
} from '../../src/authentication/familiarity.ts';
import { createProofCache } from '../../src/authentication/proof_cache.ts';
import { isOperationError } from '../../src/errors.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';

const stranger = '198.51.100.7';
const proxy = '192.0.2.1';
const personal = (uuid: string): KnownAccount => ({ uuid, kind: 'personal' });
const rules: AdmissionRules = {
  hashesAtOnce: { stranger: 2, known: 4 },
  guesses: { stranger: { burst: 3, perMinute: 1 }, known: { burst: 6, perMinute: 1 } },
};

function setUp() {
  let elapsed = 0;
  const clock = { now: () => new Date(elapsed), elapsed: () => elapsed };
  const told: unknown[] = [];
  const familiarity = createFamiliarity(clock, (acquaintance) => told.push(acquaintance));
  const admission = createAdmission(createLocalLimits(clock), familiarity, rules);
  const refusalAt = (address: string, account: KnownAccount | null = null): string => {
    try {
      admission.enter(address, account).leave();
      return '';
    } catch (error) {
      if (isOperationError(error, 'rate_limited')) return error.detail;
      throw error;
    }
  };
  return {
    ...{ clock, familiarity, admission, told, refusalAt },
    pass: (seconds: number) => {
      elapsed += seconds * 1000;
    },
  };
}

describe('admission to the hash', () => {
  it('refuses an address that only fails, and says when to come back', () => {
    const { refusalAt, pass } = setUp();
    for (let guess = 1; guess <= 3; guess++) expect(refusalAt(stranger)).to.equal('');
    expect(refusalAt(stranger)).to.equal(
      'too many wrong passwords from this address; try again in 60 seconds',
    );
    expect(refusalAt('198.51.100.8')).to.equal('');
    pass(60);
    expect(refusalAt(stranger)).to.equal('');
  });

  it('does so whether or not the named account exists', () => {
    const { refusalAt } = setUp();
    for (const account of [personal('a'), null, personal('b')])
      expect(refusalAt(stranger, account)).to.equal('');
    expect(refusalAt(stranger, personal('a')))
      .to.equal(refusalAt(stranger, null))
      .and.not.equal('');
  });

  it('charges an address that repeats one wrong password, but for a few a minute', () => {
    const { admission, refusalAt, pass } = setUp();
    const classes = new Set<string>();
    let attempts = 0;
    for (; attempts < 100; attempts++) {
      try {
        const admitted = admission.enter(stranger, null);
        classes.add(admitted.place.class);
        admitted.excuse('repeated');
        admitted.leave();
      } catch {
        break;
      }
    }
    expect(attempts).to.equal(3 + 8);
    expect([...classes], 'it waits behind strangers without failures').to.deep.equal(['clean', 'failing']);
    // A client that comes back every few minutes is charged nothing.
    pass(3_600);
    for (let hour = 0; hour < 60; hour++) {
      pass(180);
      const admitted = admission.enter(stranger, null);
      admitted.excuse('repeated');
      admitted.leave();
    }
    expect(refusalAt(stranger)).to.equal('');
  });

  it('charges no guess for what it had no place for, and lets whoever tries on and on wait behind others', () => {
    const { admission } = setUp();
    const classes = Array.from({ length: 20 }, () => {
      const admitted = admission.enter(stranger, null);
      admitted.excuse('unseen');
      admitted.leave();
      return admitted.place.class;
    });
    expect(classes.slice(0, 5)).to.deep.equal(Array.from({ length: 5 }, () => 'clean'));
    expect(classes.at(-1)).to.equal('failing');
  });

  it('charges nothing for what was right', () => {
    const { admission, refusalAt } = setUp();
    for (let attempt = 0; attempt < 20; attempt++) {
      const admitted = admission.enter(stranger, null);
      expect(admitted.place.class).to.equal('clean');
      admitted.excuse('right');
      admitted.leave();
    }
    expect(refusalAt(stranger)).to.equal('');
  });

  it('bounds the hashes of an address at once', () => {
    const { admission, refusalAt } = setUp();
    const [first] = [admission.enter(stranger, null), admission.enter(stranger, null)];
    expect(refusalAt(stranger)).to.equal(
      'too many passwords of this address are being checked; try again shortly',
    );
    first?.leave();
    expect(refusalAt(stranger)).to.equal('');
  });

  it('gives an address with success a larger share, and never keeps out the accounts it knows', () => {
    const { admission, familiarity, refusalAt } = setUp();
    familiarity.succeeded(proxy, personal('officer'));
    for (let guess = 1; guess <= 6; guess++) expect(refusalAt(proxy, personal('other'))).to.equal('');
    expect(refusalAt(proxy, personal('other'))).to.not.equal('');
    expect(admission.enter(proxy, personal('officer')).place.class).to.equal('pair');
  });

  it('puts strangers with failures behind those without', () => {
    const { admission } = setUp();
    const classes = [1, 2, 3].map(() => {
      const admitted = admission.enter(stranger, null);
      admitted.leave();
      return admitted.place.class;
    });
    expect(classes).to.deep.equal(['clean', 'clean', 'failing']);
  });
});

describe('who succeeded lately', () => {
  it('is known for a day, by address and by account, and told to others seldom', () => {
    const { familiarity, told, pass } = setUp();
    for (let bind = 0; bind < 1_000; bind++) familiarity.succeeded(proxy, personal('mail'));
    expect(told).to.deep.equal([{ address: proxy, account: 'mail' }]);
    expect(familiarity.knowsPair(proxy, personal('mail'))).to.equal(true);
    expect(familiarity.knowsPair(proxy, personal('other'))).to.equal(false);
    expect(familiarity.knowsAddress(proxy)).to.equal(true);
    expect(familiarity.knowsAddress(stranger)).to.equal(false);
    expect(familiarity.latest()).to.deep.equal([{ address: proxy, account: 'mail' }]);
    pass(24 * 3600);
    expect(familiarity.knowsAddress(proxy)).to.equal(false);
  });
});

describe('who succeeded lately behind one IPv6 network', () => {
  const [host, neighbour] = ['2001:db8:1:2::10', '2001:db8:1:2::66'];
  const mail: KnownAccount = { uuid: 'mail', kind: 'service' };

  it('is one for a person, whose addresses change, and a system by its host alone', () => {
    const { familiarity, admission, told } = setUp();
    familiarity.succeeded(host, personal('officer'));
    familiarity.succeeded(host, mail);
    expect(familiarity.knowsPair(neighbour, personal('officer'))).to.equal(true);
    expect(familiarity.knowsPair('2001:DB8:1:2:0:0:0:10', mail), 'however it is written').to.equal(true);
    expect(familiarity.knowsPair(neighbour, mail)).to.equal(false);
    expect(admission.enter(neighbour, mail).place.class).to.equal('address');
    const other = setUp().familiarity;
    for (const one of told) other.hear(one as Acquaintance);
    expect([other.knowsPair(host, mail), other.knowsPair(neighbour, mail)]).to.deep.equal([true, false]);
    expect(other.knowsAddress(neighbour)).to.equal(true);
  });
});

describe('the cache of proofs', () => {
  it('holds a bounded number for a bounded time, and forgets an account whole', () => {
    const { clock, pass } = setUp();
    const proofs = createProofCache(clock, { entries: 3, seconds: 60 });
    for (const [account, digest] of [
      ['a', '1'],
      ['a', '2'],
      ['b', '3'],
      ['c', '4'],
    ] as const)
      proofs.add(account, digest);
    expect([proofs.has('a', '1'), proofs.has('a', '2')]).to.deep.equal([false, true]);
    expect(proofs.has('b', '2'), 'one account’s proof at another').to.equal(false);
    proofs.forget('a');
    expect(proofs.has('a', '2')).to.equal(false);
    pass(60);
    expect(proofs.has('b', '3')).to.equal(false);
  });
});
