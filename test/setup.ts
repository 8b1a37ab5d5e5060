// Root hooks of every mocha run. Whoever opens something that outlives its suite pushes its close here; all are closed
// in reverse, once, also when tests failed.
const closers: (() => Promise<void>)[] = [];

/** Has `close` called after the last test of the run. */
export function closeAfterAllTests(close: () => Promise<void>): void {
  closers.push(close);
}

export const mochaHooks = {
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(60_000);
    const outcomes = [];
    for (const close of closers.splice(0).reverse()) outcomes.push(...(await Promise.allSettled([close()])));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  },
};
