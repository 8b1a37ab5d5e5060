import { expect } from 'chai';
import { OperationError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { createLink, type Link } from '../../src/server/link.ts';

interface Here {
  asks: { double: { ask: number; answer: number }; hang: { ask: null; answer: null } };
  tells: { note: string };
}
interface There {
  asks: { name: { ask: null; answer: string } };
  tells: Record<never, never>;
}

function pair(): { here: Link<Here, There>; there: Link<There, Here> } {
  const here: Link<Here, There> = createLink((message) => there.receive(structuredClone(message)), silentLog);
  const there: Link<There, Here> = createLink((message) => here.receive(structuredClone(message)), silentLog);
  return { here, there };
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  return String(
    await work.then(
      (value) => `answered ${String(value)}`,
      (error: unknown) => error,
    ),
  );
}

describe('a link between two processes', () => {
  it('answers questions in both directions', async () => {
    const { here, there } = pair();
    there.onAsk('double', (number) => number * 2);
    here.onAsk('name', async () => 'here');
    expect(
      await Promise.all([here.ask('double', 4), there.ask('name', null), here.ask('double', 5)]),
    ).to.deep.equal([8, 'here', 10]);
  });

  it('carries a refusal with its code, and a fault without its words', async () => {
    const { here, there } = pair();
    there.onAsk('double', () => {
      throw new OperationError('rate_limited', 'too many questions');
    });
    expect(await refusalOf(here.ask('double', 1))).to.equal(
      'OperationError: rate_limited: too many questions',
    );
    there.onAsk('double', () => {
      throw new TypeError('secret of the other side');
    });
    expect(await refusalOf(here.ask('double', 1))).to.equal('OperationError: unavailable: double failed');
  });

  it('fails a question that nobody answers, by its deadline and by the end of the other side', async () => {
    const { here, there } = pair();
    expect(await refusalOf(here.ask('double', 1))).to.contain('nobody answers double');
    there.onAsk('hang', () => new Promise(() => undefined));
    expect(await refusalOf(here.ask('hang', null, 5))).to.contain('hang was not answered within 5 ms');
    const asked = here.ask('hang', null, 60_000);
    here.close();
    expect(await refusalOf(asked)).to.contain('the other process is gone');
    expect(await refusalOf(here.ask('double', 1))).to.contain('the other process is gone');
  });

  it('tells without waiting, in order', () => {
    const { here, there } = pair();
    const heard: string[] = [];
    there.onTell('note', (text) => heard.push(text));
    here.tell('note', 'first');
    here.tell('note', 'second');
    expect(heard).to.deep.equal(['first', 'second']);
  });
});
