import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvRecord } from '../../cli/print/csv.js';
import { duration } from '../../cli/print/duration.js';
import { printer } from '../../cli/print/printer.js';
import { progressView } from '../../cli/print/progress.js';
import { summaryLines } from '../../cli/print/summary.js';
import type { OutOfScope, Summary } from '../../contracts/tally.js';
import { safeJson, safeText } from '../../cli/print/safe-text.js';

const MOVES_CURSOR = /[^\P{Cc}\n]|\p{Cf}|[\u2028\u2029]/u;
const anyText = fc.string({ unit: 'binary' });

describe('Text from strangers', () => {
  it('never moves the cursor, and stays one line', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(safeText(text)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      }),
    );
    expect(safeText('\u001b[2J é 漢 👍')).toBe('\\u{1b}[2J é 漢 👍');
  });

  it('in JSON is escaped as JSON escapes it, and reads back as it was', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, anyText), fc.constantFrom(undefined, 2), (value, indent) => {
        const json = safeJson({ ...value, '\u009b': '\u{e0041}\ud800' }, indent);
        expect(json).not.toMatch(MOVES_CURSOR);
        expect(JSON.parse(json)).toEqual({ ...value, '\u009b': '\u{e0041}\ud800' });
      }),
    );
  });

  it('in CSV is one record a line, and never a formula', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyText, fc.constantFrom('=1', '+1', '-1', '@a', '\t=1', '"')), { minLength: 1 }),
        (cells) => {
          const record = csvRecord(cells);
          expect(record).not.toMatch(/[\p{Cc}\p{Cf}]/u);
          const [read = []] = parse(record);
          expect(read).toHaveLength(cells.length);
          for (const cell of read) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
        },
      ),
    );
  });
});

describe('The counts of a run', () => {
  const none = { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 };

  it('say why rows are out of scope, where some are', () => {
    const lines = summaryLines(summaryOf({ ...none, filtered: 2, duplicates: 1_000 }));
    expect(lines.slice(0, 2)).toEqual([
      'manifest rows  1,003 = 1,002 out of scope + 1 expected',
      'out of scope   1,002 = 0 delete markers + 0 noncurrent + 2 filtered + 1,000 duplicates',
    ]);
    expect(summaryLines(summaryOf(none))[1]).toMatch(/^expected/);
  });

  function summaryOf(outOfScope: OutOfScope): Summary {
    return {
      message: '',
      runId: 'r',
      pair: 'demo',
      scope: 'part',
      startedAt: '2026-01-31T00:00:00Z',
      status: 'Verified',
      manifestRows: outOfScope.filtered + outOfScope.duplicates + 1,
      outOfScope,
      expected: 1,
      verified: { identical: 1, copied: 0 },
      gone: 0,
      archived: 0,
      failed: 0,
      drift: 0,
      evidence: { etag: 1, checksum: 0, copied: 0, sizeAndTime: 0 },
      bytesCopied: 0,
      passes: 1,
      links: { report: '', failures: '', query: '' },
    };
  }
});

describe('Durations', () => {
  it.each([
    [-5, '0.0 s'],
    [449, '0.4 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});

describe('Progress', () => {
  const map = { state: 'CopyChunks', pass: 1, startedAt: 0, stoppedAt: undefined, total: 10, succeeded: 3, failed: 1 };

  it('in lines: chunks done, failed ones, objects, objects a second, time left; a line only where something changed', () => {
    const stream = new PassThrough();
    const view = progressView(stream);
    for (const now of [20_000, 21_000]) view.show({ maps: [map] }, () => 5_000, now);
    view.show({ maps: [{ ...map, succeeded: 9, stoppedAt: 40_000 }] }, () => 5_000, 90_000);
    view.end();
    expect(String(stream.read())).toBe(
      '  CopyChunks, pass 1: 4/10 chunks, 1 failed, 2,000 objects, 100/s, about 30 s left\n' +
        '  CopyChunks, pass 1: 10/10 chunks, 1 failed, 5,000 objects, 125/s\n',
    );
  });

  it('of what comes before the passes: files and ranges', () => {
    const stream = new PassThrough();
    const maps = ['IndexFiles', 'MergeRanges'].map((state) => ({ ...map, state, failed: 0, stoppedAt: 20_000 }));
    progressView(stream).show({ maps }, () => 5_000, 20_000);
    expect(String(stream.read())).toBe('  IndexFiles: 3/10 files\n  MergeRanges: 3/10 ranges\n');
  });

  it('of each round of a listing, told apart', () => {
    const stream = new PassThrough();
    const view = progressView(stream);
    const round = (pass: number) => ({ ...map, state: 'ListRanges', pass, failed: 0, stoppedAt: 20_000 });
    for (const now of [20_000, 21_000])
      view.show({ maps: [round(1), { ...round(2), succeeded: 7 }] }, () => 5_000, now);
    expect(String(stream.read())).toBe('  ListRanges, round 1: 3/10 ranges\n  ListRanges, round 2: 7/10 ranges\n');
  });

  it('on a terminal: a bar each, and the cursor is back at the end', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });
    const view = progressView(stream);
    view.show({ maps: [map] }, () => 5_000, 20_000);
    view.end();
    const shown = String(stream.read());
    expect(shown).toMatch(/CopyChunks, pass 1 +[■ ]+.* 4\/10 chunks, 1 failed, 2,000 objects, 100\/s, about 30 s left/);
    expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?25l'));
  });
});

describe('A slow reader', () => {
  it('holds the printer up', async () => {
    const stream = new PassThrough({ highWaterMark: 10 });
    let isDone = false;
    const printed = printer(stream)
      .lines(['a line longer than ten', 'another'])
      .then(() => (isDone = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDone).toBe(false);
    stream.resume();
    await printed;
    expect(isDone).toBe(true);
  });
});
