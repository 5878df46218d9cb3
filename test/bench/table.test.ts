import { describe, expect, it } from '@jest/globals';
import { printTable, printTime, tableAsJson } from '../../bench/print.js';
import { isMet, lineOf, median, serverOf, type Row, type Sample } from '../../bench/table.js';

const sample = (cpuSeconds: number, more: Partial<Sample> = {}): Sample => ({
  cpuSeconds,
  seconds: 2,
  peakBytes: 100 * 1024 ** 2,
  requests: {},
  serverCpuSeconds: 0,
  ...more,
});

const row: Row = {
  name: 'Objects copied',
  item: 'object',
  lines: [
    lineOf('ours', 1_000, [
      sample(0.2, { requests: { CopyObject: 1_000, ListObjectsV2: 1 }, serverCpuSeconds: 0.1 }),
      sample(0.9, { requests: { CopyObject: 1_000, ListObjectsV2: 3 }, serverCpuSeconds: 0.1 }),
      sample(0.1, { requests: { CopyObject: 1_000 }, serverCpuSeconds: 0.1 }),
    ]),
    lineOf('theirs', 500, [sample(1)]),
  ],
  absent: ['s5cmd: not installed'],
  targets: [
    { what: 'CPU of one', value: 200, most: 150, unit: 'µs' },
    { what: 'theirs', value: 10, least: 7, unit: 'times' },
  ],
};

describe('the table of the benchmark', () => {
  it('tells the median of the rounds, requests by kind, and how many times as much an item costs the others', () => {
    const [, , , ours = '', theirs = ''] = printTable([row]).split('\n');
    expect(ours).toMatch(/^ours +3 +200 ms +200 µs +1\.00 × +2\.00 s +100 MiB +33 % \(5 % busy\) +1 LIST, 1,000 COPY$/);
    expect(theirs).toMatch(/^theirs +1 +1\.00 s +2\.00 ms +10 × +2\.00 s +100 MiB +–$/);
  });

  it('says which targets are met, and who was not there', () => {
    const table = printTable([row]);
    expect(table).toContain('MISSED  CPU of one: 200, at most 150 µs');
    expect(table).toContain('met     theirs: 10.0, at least 7 times');
    expect(table).toContain('s5cmd: not installed');
  });

  it('says the same as JSON', () => {
    const [json] = JSON.parse(JSON.stringify(tableAsJson([row]))) as Record<string, unknown>[];
    expect(json).toMatchObject({
      lines: [
        { who: 'ours', ratio: 1, requests: { CopyObject: 1_000, ListObjectsV2: 1 }, server: { busy: 0.05 } },
        { who: 'theirs', ratio: 10 },
      ],
      targets: [{ isMet: false }, { isMet: true }],
    });
  });

  it.each([
    [[], Number.NaN],
    [[3], 3],
    [[9, 1, 2], 2],
    [[4, 1, 2, 9], 3],
  ])('takes the middle of %p', (values, middle) => expect(median(values)).toBe(middle));

  it.each([
    [12.34, '12.3 s'],
    [0.0123, '12.3 ms'],
    [0.0001504, '150 µs'],
  ])('prints %p seconds as %p', (seconds, text) => expect(printTime(seconds)).toBe(text));

  it('holds a value that is not a number to be no success', () => {
    expect(isMet({ what: '', unit: '', value: Number.NaN, most: 1 })).toBe(false);
  });

  it("tells the server's part of all CPU, and of one core", () => {
    const line = lineOf('ours', 1, [sample(3, { seconds: 4, serverCpuSeconds: 1 })]);
    expect(serverOf(line)).toEqual({ shareOfCpu: 0.25, busy: 0.25 });
  });
});
