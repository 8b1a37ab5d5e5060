// Every state against every state: what may follow what, and who may authenticate.
import { expect } from 'chai';
import { mayAuthenticate, mayMove, openState, requireMove } from '../../src/directory/lifecycle.ts';
import { type AccountState, accountStates } from '../../src/directory/vocabulary.ts';
import { isOperationError } from '../../src/errors.ts';

/** One row a state, one column a state in the order of the vocabulary: x is allowed. Written apart from the source. */
const table: Record<AccountState, string> = {
  //            PEN INV ACT LOC SUS DOR FIN DIS RET ARC
  PENDING: '     .   x   x   .   .   .   .   x   .   .',
  INVITED: '     .   .   x   .   x   .   .   x   .   .',
  ACTIVE: '      .   .   .   x   x   x   x   x   .   .',
  LOCKED: '      .   .   x   .   x   .   x   x   .   .',
  SUSPENDED: '   .   x   x   .   .   .   x   x   .   .',
  DORMANT: '     .   .   x   .   x   .   x   x   .   .',
  FINAL_LEAVE: ' .   x   x   .   .   .   .   x   .   .',
  DISABLED: '    .   x   x   .   .   .   .   .   x   .',
  RETAINED: '    .   x   x   .   .   .   .   .   .   x',
  ARCHIVED: '    .   .   .   .   .   .   .   .   .   .',
};

describe('account lifecycle (DESIGN.md section 3)', () => {
  for (const from of accountStates) {
    it(`from ${from}`, () => {
      const allowed = table[from].trim().split(/\s+/);
      expect(allowed).to.have.length(accountStates.length);
      for (const [column, to] of accountStates.entries()) {
        expect(mayMove(from, to), `${from} -> ${to}`).to.equal(allowed[column] === 'x');
      }
    });
  }

  it('refuses a move in words that name both states', () => {
    expect(() => requireMove('ACTIVE', 'LOCKED')).to.not.throw();
    try {
      requireMove('ARCHIVED', 'ACTIVE');
      expect.fail('a tombstone came to life');
    } catch (error) {
      expect(isOperationError(error, 'invalid_state')).to.equal(true);
      expect(error).to.have.property('detail', 'an account that is ARCHIVED cannot become ACTIVE');
    }
  });

  it('opens an account only with a secret', () => {
    expect(openState(true)).to.equal('ACTIVE');
    expect(openState(false)).to.equal('INVITED');
  });

  describe('who may authenticate', () => {
    const now = new Date('2026-11-22T00:00:00Z');
    const before = new Date(now.getTime() - 1);
    const after = new Date(now.getTime() + 1);

    it('ACTIVE and no other state', () => {
      const may = accountStates.filter((state) => mayAuthenticate(state, null, null, now));
      expect(may).to.deep.equal(['ACTIVE']);
    });

    it('not while locked, again from the instant the lock ends', () => {
      expect(mayAuthenticate('ACTIVE', after, null, now)).to.equal(false);
      expect(mayAuthenticate('ACTIVE', now, null, now)).to.equal(true);
      expect(mayAuthenticate('ACTIVE', before, null, now)).to.equal(true);
    });

    it('not from the instant of expiry on', () => {
      expect(mayAuthenticate('ACTIVE', null, after, now)).to.equal(true);
      expect(mayAuthenticate('ACTIVE', null, now, now)).to.equal(false);
      expect(mayAuthenticate('ACTIVE', null, before, now)).to.equal(false);
      expect(mayAuthenticate('ACTIVE', after, after, now)).to.equal(false);
    });
  });
});
