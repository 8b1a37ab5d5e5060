import { expect } from 'chai';
import {
  createLimits,
  createLocalLimits,
  type LimitsNews,
  type SharedLimits,
} from '../../src/limits/limits.ts';

function movingClock() {
  let elapsed = 0;
  return {
    now: () => new Date(elapsed),
    elapsed: () => elapsed,
    move: (ms: number) => {
      elapsed += ms;
    },
  };
}

/** Two workers that hear each other when `exchange` is called. */
function twoWorkers(clock: ReturnType<typeof movingClock>) {
  const said: { from: number; news: LimitsNews }[] = [];
  const first = createLimits(clock, (news) => said.push({ from: 1, news }));
  const second = createLimits(clock, (news) => said.push({ from: 2, news }));
  const exchange = () => {
    first.publish();
    second.publish();
    for (const { from, news } of said.splice(0))
      (from === 1 ? second : first).hear(from, structuredClone(news));
  };
  return { first, second, exchange };
}

describe('limits: rates', () => {
  it('grant a burst, refuse what follows, and say when to come back', () => {
    const clock = movingClock();
    const rate = createLocalLimits(clock).rate('sign-ins', { burst: 3, perMinute: 6 });
    expect([1, 2, 3, 4].map(() => rate.take('192.0.2.1'))).to.deep.equal([true, true, true, false]);
    expect(rate.retryAfter('192.0.2.1')).to.equal(10);
    expect(rate.take('192.0.2.2')).to.equal(true);
    clock.move(10_000);
    expect(rate.take('192.0.2.1')).to.equal(true);
    expect(rate.take('192.0.2.1')).to.equal(false);
  });

  it('charge what is spent already, down to a debt of one burst', () => {
    const clock = movingClock();
    const rate = createLocalLimits(clock).rate('work', { burst: 100, perMinute: 600 });
    rate.charge('192.0.2.1', 1_000_000);
    expect(rate.allows('192.0.2.1')).to.equal(false);
    expect(rate.retryAfter('192.0.2.1')).to.equal(11);
    clock.move(11_000);
    expect(rate.allows('192.0.2.1')).to.equal(true);
  });

  it('give back what was right, never more than a burst', () => {
    const rate = createLocalLimits(movingClock()).rate('failures', { burst: 2, perMinute: 1 });
    rate.take('192.0.2.1', 2);
    rate.refund('192.0.2.1', 50);
    expect(rate.take('192.0.2.1', 2)).to.equal(true);
    expect(rate.take('192.0.2.1')).to.equal(false);
  });

  it('count for all workers of a node', () => {
    const { first, second, exchange } = twoWorkers(movingClock());
    const rates = [first, second].map((limits) => limits.rate('sign-ins', { burst: 4, perMinute: 1 }));
    expect(rates[0]?.take('192.0.2.1', 3)).to.equal(true);
    exchange();
    expect(rates[1]?.take('192.0.2.1')).to.equal(true);
    expect(rates[1]?.take('192.0.2.1')).to.equal(false);
    exchange();
    expect(rates[0]?.take('192.0.2.1')).to.equal(false);
  });

  it('remember a bounded number of keys', () => {
    const rate = createLocalLimits(movingClock()).rate('sign-ins', { burst: 1, perMinute: 1 });
    rate.take('first');
    for (let n = 0; n < 50_000; n++) rate.take(`name-${n}`);
    expect(rate.take('first')).to.equal(true); // forgotten: the one unused longest
    expect(rate.take('name-49999')).to.equal(false);
  });
});

describe('limits: levels', () => {
  it('give a place back once', () => {
    const level = createLocalLimits(movingClock()).level('connections', 2);
    const leave = level.enter('192.0.2.1');
    expect(level.enter('192.0.2.1')).not.to.equal(null);
    expect(level.enter('192.0.2.1')).to.equal(null);
    leave?.();
    leave?.();
    expect(level.held('192.0.2.1')).to.equal(1);
    expect(level.enter('192.0.2.1')).not.to.equal(null);
    expect(level.enter('192.0.2.1')).to.equal(null);
  });

  function held(limits: SharedLimits): number {
    return limits.level('connections', 3).held('192.0.2.1');
  }

  it('count for all workers of a node; a worker that is gone holds nothing', () => {
    const { first, second, exchange } = twoWorkers(movingClock());
    for (const limits of [first, second]) limits.level('connections', 3);
    const leave = first.level('connections', 3).enter('192.0.2.1');
    first.level('connections', 3).enter('192.0.2.1');
    exchange();
    expect(second.level('connections', 3).enter('192.0.2.1')).not.to.equal(null);
    expect(second.level('connections', 3).enter('192.0.2.1')).to.equal(null);
    leave?.();
    exchange();
    expect([held(first), held(second)]).to.deep.equal([2, 2]);
    second.forget(1);
    expect(held(second)).to.equal(1);
  });

  it('tell a new worker what is held', () => {
    const clock = movingClock();
    const { first, exchange } = twoWorkers(clock);
    first.level('connections', 3).enter('192.0.2.1');
    exchange();
    const heard: LimitsNews[] = [];
    const retold = createLimits(clock, (news) => heard.push(news));
    retold.level('connections', 3).enter('192.0.2.1');
    retold.publish();
    retold.publish();
    expect(heard).to.have.length(1); // nothing new, nothing told
    retold.tellAll();
    retold.publish();
    expect(heard[1]).to.deep.equal({ taken: [], held: [['connections', '192.0.2.1', 1]] });
  });
});
