// Values of options: days in Hong Kong, instants with their offset, whole numbers.
import { expect } from 'chai';
import { beginOption, dayOption, endOption, given, numberOption, rowLimit } from '../../src/cli/options.ts';

describe('command line: options', () => {
  it('reads a day as its beginning, or as its end where it is included', () => {
    expect(beginOption('--from')('2026-12-31').toISOString()).to.equal('2026-12-30T16:00:00.000Z');
    expect(endOption('--to')('2026-12-31').toISOString()).to.equal('2026-12-31T16:00:00.000Z');
  });

  it('reads an instant that names its offset', () => {
    for (const value of ['2026-12-31T18:00:00+08:00', '2026-12-31T10:00Z', '2026-12-31T10:00:00.000Z']) {
      expect(beginOption('--from')(value).toISOString()).to.equal('2026-12-31T10:00:00.000Z');
    }
  });

  it('refuses what is neither, naming the option', () => {
    for (const value of [
      '',
      'tomorrow',
      '2026-12-31T10:00:00',
      '31/12/2026',
      '2026-13-01T10:00Z',
      '1767175200',
    ]) {
      expect(() => beginOption('--from')(value), value).to.throw('--from must be a day');
    }
    expect(() => endOption('--to')('2026-02-30')).to.throw('--to must be a calendar day written YYYY-MM-DD');
    expect(() => dayOption('--last-duty-day')('2026-2-3')).to.throw('--last-duty-day must be a calendar day');
  });

  it('reads whole numbers within bounds', () => {
    const read = numberOption(1, 10);
    expect([read('1'), read('10')]).to.deep.equal([1, 10]);
    for (const value of ['0', '11', '-1', '1.5', '1e1', '', '0x1', '9'.repeat(40)]) {
      expect(() => read(value), value).to.throw('It must be a whole number between 1 and 10.');
    }
  });

  it('limits a list to a page for people only', () => {
    expect([rowLimit(undefined, false), rowLimit(undefined, true), rowLimit(7, true)]).to.deep.equal([
      100, 1_000_000, 7,
    ]);
  });

  it('drops what was not sent and keeps what was sent empty', () => {
    expect(given({ a: undefined, b: null, c: '' })).to.deep.equal({ b: null, c: '' });
  });
});
