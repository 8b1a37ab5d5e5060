// Equal acts one after another: what the trail holds of them, and when.
import { expect } from 'chai';
import type { AuditAct, AuditEvent } from '../../src/audit/event.ts';
import { sumRepeats } from '../../src/audit/repeats.ts';

const success: AuditAct = { act: 'authentication.success', method: 'password' };

function setUp() {
  let elapsed = 0;
  let requests = 0;
  const clock = { now: () => new Date(elapsed), elapsed: () => elapsed };
  const stored: AuditEvent[] = [];
  let closed = false;
  const sums = sumRepeats(
    {
      record: (event) => void stored.push(event),
      flush: async () => undefined,
      close: async () => {
        closed = true;
      },
    },
    clock,
  );
  const record = (act: AuditAct, change: Partial<AuditEvent> = {}): void =>
    sums.record({
      ...{ at: clock.now(), origin: 'ldap', address: '192.0.2.1', account: 'a', uid: 'a' },
      ...{ relying_system: null, request: `r${++requests}`, act },
      ...change,
    });
  const pass = (seconds: number): void => {
    for (const end = elapsed + seconds * 1000; elapsed < end; elapsed += 500) sums.sweep();
  };
  const total = (): number =>
    stored.reduce((sum, { act }) => sum + ('times' in act ? (act.times ?? 1) : 1), 0);
  return { sums, stored, record, pass, total, isClosed: () => closed };
}

describe('sums of equal acts', () => {
  it('record the first at once, and how many followed', async () => {
    const { sums, stored, record, pass } = setUp();
    for (let bind = 0; bind < 1_000; bind++) record(success);
    expect(stored.map(({ act, request }) => ({ ...act, request }))).to.deep.equal([
      { ...success, request: 'r1' },
    ]);
    pass(2);
    expect(stored.slice(1).map(({ act, request }) => ({ ...act, request }))).to.deep.equal([
      { ...success, times: 999, request: 'r1000' },
    ]);
    await sums.close();
  });

  it('are a few lines a minute, however many the acts', async () => {
    const { sums, stored, record, pass, total } = setUp();
    for (let step = 0; step < 1_200; step++) {
      for (let bind = 0; bind < 10; bind++) record(success);
      pass(0.5);
    }
    expect(stored.length).to.be.below(20);
    await sums.close();
    expect(total()).to.equal(12_000);
  });

  it('lose nothing: what is not told yet is told at the end, before the trail closes', async () => {
    const { sums, stored, record, isClosed } = setUp();
    for (let bind = 0; bind < 3; bind++) record(success);
    await sums.close();
    expect(stored.map(({ act }) => act)).to.deep.equal([success, { ...success, times: 2 }]);
    expect(isClosed()).to.equal(true);
  });

  it('are of one account, address, origin and reason each, and of no act that stands for itself', async () => {
    const { sums, stored, record } = setUp();
    const wrong = {
      act: 'authentication.failure',
      method: 'password',
      uid: 'a',
      reason: 'wrong password',
    } as const;
    const read = { act: 'directory.read', base: '', filter: '', entries: 101, state: 'ended' } as const;
    for (const _ of [1, 2]) {
      record(success);
      record(success, { address: '192.0.2.2' });
      record(success, { account: 'b' });
      record(success, { origin: 'oidc' });
      record(wrong);
      record({ ...wrong, reason: 'too many failures' });
      record(read);
    }
    expect(stored).to.have.length(6 + 2);
    await sums.close();
  });

  it('are forgotten when nothing was repeated for a minute: the next is a first one', async () => {
    const { sums, stored, record, pass } = setUp();
    record(success);
    pass(200);
    record(success);
    expect(stored).to.have.length(2);
    await sums.close();
  });

  it('follow a bounded number of acts', async () => {
    const { sums, stored, record, total } = setUp();
    for (let account = 0; account < 12_000; account++)
      for (const _ of [1, 2]) record(success, { account: `${account}` });
    expect(stored).to.have.length(12_000 + 2_000);
    await sums.close();
    expect(total()).to.equal(24_000);
  });
});
