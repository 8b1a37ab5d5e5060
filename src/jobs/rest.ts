// How a job sleeps: until it is woken, until it is stopped, or for a time.

export interface Rest {
  /** Resolves at once when it was woken since the last rest, or is stopped. */
  rest(milliseconds: number): Promise<void>;
  wake(): void;
  stop(): void;
  stopped(): boolean;
}

export function createRest(): Rest {
  let woken = false;
  let stopping = false;
  let interrupt = (): void => {};
  return {
    async rest(milliseconds) {
      if (!woken && !stopping) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          interrupt = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      woken = false;
    },
    wake() {
      woken = true;
      interrupt();
    },
    stop() {
      stopping = true;
      interrupt();
    },
    stopped: () => stopping,
  };
}
