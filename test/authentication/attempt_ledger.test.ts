// The node's ledger of attempts: how many guesses are judged, whoever asks, and what its memory holds to.
import { expect } from 'chai';
import fc from 'fast-check';
import { type AttemptSubject, createNodeLedger } from '../../src/authentication/attempt_ledger.ts';

const limits = { failures: 5, windowSeconds: 900, lockSeconds: 900 };

function setUp() {
  let elapsed = 0;
  const blocked: string[] = [];
  const clock = { now: () => new Date(elapsed), elapsed: () => elapsed };
  const ledger = createNodeLedger(clock, limits, async (key) => void blocked.push(key));
  return {
    ledger,
    blocked,
    pass: (seconds: number) => {
      elapsed += seconds * 1000;
    },
  };
}

const guessAt = (key: string, digest: string, change: Partial<AttemptSubject> = {}): AttemptSubject => ({
  ...{ key, digest, isAccount: true, isOpen: true, address: '192.0.2.1' },
  ...change,
});

async function wrong(ledger: ReturnType<typeof setUp>['ledger'], subject: AttemptSubject, from = 1) {
  const verdict = await ledger.begin(subject, from);
  return verdict === 'judge' ? ledger.end(subject, 'wrong', from) : verdict;
}

describe('the ledger of attempts', () => {
  it('never judges more distinct guesses than the limit, in whatever order workers begin and end', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ guess: fc.nat(30), from: fc.nat(2) }), { maxLength: 60 }),
        fc.infiniteStream(fc.nat(1_000)),
        async (attempts, order) => {
          const { ledger } = setUp();
          const judged = new Set<string>();
          const open: { subject: AttemptSubject; from: number }[] = [];
          for (const { guess, from } of attempts) {
            const subject = guessAt('a', `guess ${guess}`);
            void ledger.begin(subject, from).then((verdict) => {
              if (verdict !== 'judge') return;
              judged.add(subject.digest);
              open.push({ subject, from });
            });
            await Promise.resolve();
            const next = order.next().value ?? 0;
            if (next % 3 === 0 && open.length > 0) {
              const [ended] = open.splice(next % open.length, 1);
              if (ended) await ledger.end(ended.subject, 'wrong', ended.from);
            }
          }
          while (open.length > 0) {
            const [ended] = open.splice(0, 1);
            if (ended) await ledger.end(ended.subject, 'wrong', ended.from);
            await Promise.resolve();
          }
          expect(judged.size).to.be.at.most(limits.failures);
        },
      ),
      { numRuns: 200 },
    ));

  it('counts equal wrong guesses once, one after another and at once', async () => {
    const { ledger } = setUp();
    const stale = guessAt('a', 'stale');
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, (_, from) => ledger.begin(stale, from % 3)),
    );
    expect(new Set(verdicts)).to.deep.equal(new Set(['judge']));
    const ends = await Promise.all(verdicts.map((_, from) => ledger.end(stale, 'wrong', from % 3)));
    expect(ends.filter(({ counted }) => counted)).to.have.length(1);
    expect(await wrong(ledger, stale)).to.deep.equal({
      counted: false,
      blocked: false,
      cleared: false,
      repeated: true,
    });
  });

  it('tells every worker before the answer to the last allowed failure', async () => {
    const { ledger, blocked } = setUp();
    for (let guess = 1; guess <= 4; guess++) await wrong(ledger, guessAt('a', `${guess}`));
    expect(blocked).to.deep.equal([]);
    expect(await wrong(ledger, guessAt('a', '5'))).to.include({ counted: true, blocked: true });
    expect(blocked).to.deep.equal(['a']);
    expect(await ledger.begin(guessAt('a', 'right'), 2)).to.equal('refuse');
    expect(await ledger.begin(guessAt('b', 'right'), 2)).to.equal('judge');
  });

  it('lets the right password wait for guesses under way instead of refusing it', async () => {
    const { ledger } = setUp();
    const guesses = [1, 2, 3, 4, 5].map((guess) => guessAt('a', `${guess}`));
    for (const guess of guesses) expect(await ledger.begin(guess, 1)).to.equal('judge');
    let verdict: string | null = null;
    const waiting = ledger.begin(guessAt('a', 'right'), 2).then((decided) => {
      verdict = decided;
    });
    await Promise.resolve();
    expect(verdict).to.equal(null);
    const [first] = guesses;
    if (first) await ledger.end(first, 'none', 1); // its hash could not be computed
    await waiting;
    expect(verdict).to.equal('judge');
  });

  it('releases what a worker had begun when it dies', async () => {
    const { ledger } = setUp();
    for (let guess = 1; guess <= 5; guess++) await ledger.begin(guessAt('a', `${guess}`), 1);
    const waiting = ledger.begin(guessAt('a', 'right'), 2);
    ledger.forget(1);
    expect(await waiting).to.equal('judge');
  });

  it('forgets failures with the window, and the block with the lock', async () => {
    const { ledger, pass } = setUp();
    for (let guess = 1; guess <= 4; guess++) await wrong(ledger, guessAt('a', `${guess}`));
    pass(901);
    expect(await wrong(ledger, guessAt('a', '5'))).to.include({ blocked: false });
    for (let guess = 6; guess <= 9; guess++) await wrong(ledger, guessAt('a', `${guess}`));
    expect(await ledger.begin(guessAt('a', 'right'), 1)).to.equal('refuse');
    pass(901);
    expect(await ledger.begin(guessAt('a', 'right'), 1)).to.equal('judge');
  });

  it('ends the block of an account that is open again after its lock showed, and of no closed one', async () => {
    const { ledger, pass } = setUp();
    for (let guess = 1; guess <= 5; guess++) await wrong(ledger, guessAt('a', `${guess}`));
    ledger.lockStored('a');
    expect(await ledger.begin(guessAt('a', 'right'), 1)).to.equal('refuse');
    pass(11);
    expect(await ledger.begin(guessAt('a', 'right', { isOpen: false }), 1)).to.equal('refuse');
    // an administrator unlocks it
    expect(await ledger.begin(guessAt('a', 'right'), 1)).to.equal('judge');
  });

  it('has room for as many attempts at a blocked name as at another', async () => {
    const { ledger } = setUp();
    for (let guess = 1; guess <= 5; guess++) await wrong(ledger, guessAt('blocked', `${guess}`));
    for (const key of ['blocked', 'other']) {
      let busy = 0;
      for (let guess = 1; guess <= 90; guess++)
        void ledger.begin(guessAt(key, `more ${guess}`), 1).then((verdict) => {
          if (verdict === 'busy') busy += 1;
        });
      await new Promise(setImmediate);
      expect(busy, key).to.equal(26);
    }
  });

  it('opens the window again for the address that succeeded alone', async () => {
    const { ledger } = setUp();
    const elsewhere = { address: '198.51.100.1' };
    for (let guess = 1; guess <= 4; guess++) await wrong(ledger, guessAt('a', `${guess}`, elsewhere));
    const right = guessAt('a', 'right');
    await ledger.begin(right, 1);
    expect(await ledger.end(right, 'right', 1)).to.deep.equal({
      counted: false,
      blocked: false,
      cleared: false,
      repeated: false,
    });
    expect(await wrong(ledger, guessAt('a', '5', elsewhere))).to.include({ blocked: true });
  });

  it('keeps an account’s count through a flood of invented names', async () => {
    const { ledger } = setUp();
    for (let guess = 1; guess <= 4; guess++) await wrong(ledger, guessAt('a', `${guess}`));
    for (let name = 0; name < 30_000; name++)
      await wrong(ledger, guessAt(`invented ${name}`, 'x', { isAccount: false }));
    expect(await wrong(ledger, guessAt('a', '5'))).to.include({ blocked: true });
  });
});
