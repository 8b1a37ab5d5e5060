// What commands print: tables that line up on a terminal, JSON for programs, and nothing that commands the terminal.
import { expect } from 'chai';
import { createOutput } from '../../src/cli/output.ts';

function capture(json: boolean, terminal = false) {
  const written = { out: '', err: '' };
  const output = createOutput(json, {
    out: { write: (text) => (written.out += text) },
    err: { write: (text) => (written.err += text), isTTY: terminal, columns: 60 },
  });
  return { output, written };
}

describe('command line: output', () => {
  it('lines columns up by terminal width: East Asian wide characters take two (Unicode TR 11)', () => {
    const { output, written } = capture(false);
    output.table(
      [
        { uid: 'ptmchan', name_zh: '陳大文', post: null },
        { uid: 'asharma', name_zh: '𠮷', post: 'x' },
      ],
      ['uid', 'name_zh', 'post'],
    );
    expect(written.out).to.equal(
      ['UID      NAME ZH  POST', 'ptmchan  陳大文   -', 'asharma  𠮷       x', ''].join('\n'),
    );
  });

  it('shows controls, escapes and bidi overrides instead of sending them to the terminal', () => {
    const { output, written } = capture(false);
    output.table([{ uid: '\u001b[2Jroot\r\n\u202egnp.' }], ['uid']);
    output.fields({ uid: '\u009b31m' });
    expect(written.out).to.contain('\\u001b[2Jroot\\u000d\\u000a\\u202egnp.').and.to.contain('\\u009b31m');
    expect(written.out.replaceAll('\n', '')).to.not.match(/[\p{Cc}\p{Cf}]/u);
  });

  it('prints rows as an array, one object as an object, and no remarks with --json', () => {
    const { output, written } = capture(true);
    output.table([{ uid: 'a', hidden: 1, at: new Date(0) }], ['uid']);
    output.fields({ uid: 'a', posts: [] });
    output.note('the first 1');
    expect(written).to.deep.equal({
      out: '[{"uid":"a","hidden":1,"at":"1970-01-01T00:00:00.000Z"}]\n{"uid":"a","posts":[]}\n',
      err: '',
    });
  });

  it('lists objects within an object a line each', () => {
    const { output, written } = capture(false);
    output.fields({
      uid: 'a',
      posts: [
        { post: 'CSB/1', to: null },
        { post: 'CSB/2', primary: true },
      ],
      groups: [],
    });
    expect(written.out).to.equal(
      'uid     a\nposts   post CSB/1\n        post CSB/2, primary true\ngroups  -\n',
    );
  });

  it('draws progress on a terminal only', () => {
    const terminal = capture(false, true);
    const pipe = capture(false);
    for (const { output } of [terminal, pipe])
      for (const done of [0, 50, 100]) output.progress('laying', done, 100);
    expect(terminal.written.err).to.match(/\rlaying \[#+\.+\] 50%\rlaying \[#+\] 100%\n$/);
    expect(pipe.written.err).to.equal('');
  });
});
