import { costOf, isMet, ratioOf, serverOf, type Line, type Row, type Target } from './table.js';

const COLUMNS = ['', 'rounds', 'CPU', 'an item', 'ratio', 'time', 'peak', 'server', 'requests'] as const;
const MIB = 1024 ** 2;

/** All rows as one table for people: costs are the client's CPU, ratios theirs to ours. */
export function printTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => row.lines.map((line) => cellsOf(line, row)));
  const widths = COLUMNS.map((name, at) => Math.max(name.length, ...cells.flat().map((line) => line[at]?.length ?? 0)));
  const align = (line: readonly string[]) =>
    line
      .map((cell, at) =>
        at === 0 || at === COLUMNS.length - 1 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows
    .flatMap((row, index) => [
      '',
      row.name,
      ...(row.lines.length === 0 ? [] : [align(COLUMNS.map((name) => (name === 'an item' ? `1 ${row.item}` : name)))]),
      ...(cells[index] ?? []).map(align),
      ...row.lines.flatMap(({ who, note }) => (note === undefined ? [] : [`  ${who}: ${note}`])),
      ...row.absent.map((why) => `  ${why}`),
      ...row.targets.map(printTarget),
      ...(row.note === undefined ? [] : [`  ${row.note}`]),
    ])
    .join('\n');
}

/** The same for programs. */
export function tableAsJson(rows: readonly Row[]): object[] {
  return rows.map((row) => ({
    ...row,
    lines: row.lines.map((line) => ({
      ...line,
      cpuSecondsAnItem: costOf(line),
      ratio: ratioOf(line, row),
      ...(line.serverCpuSeconds > 0 ? { server: serverOf(line) } : {}),
    })),
    targets: row.targets.map((target) => ({ ...target, isMet: isMet(target) })),
  }));
}

function cellsOf(line: Line, row: Row): string[] {
  const { who, rounds, cpuSeconds, seconds, peakBytes, serverCpuSeconds } = line;
  const { shareOfCpu, busy } = serverOf(line);
  return [
    who,
    String(rounds),
    printTime(cpuSeconds),
    printTime(costOf(line)),
    printRatio(ratioOf(line, row)),
    printTime(seconds),
    peakBytes === undefined ? '–' : `${Math.round(peakBytes / MIB)} MiB`,
    serverCpuSeconds > 0 ? `${percent(shareOfCpu)} (${percent(busy)} busy)` : '–',
    printRequests(line.requests),
  ];
}

/** `2.31 s`, `5.2 ms`, `148 µs`: three digits that mean something. */
export function printTime(seconds: number): string {
  if (Number.isNaN(seconds)) return '–';
  if (seconds >= 1) return `${seconds.toPrecision(3)} s`;
  return seconds >= 1e-3 ? `${(seconds * 1e3).toPrecision(3)} ms` : `${(seconds * 1e6).toPrecision(3)} µs`;
}

const printRatio = (ratio: number) => (Number.isNaN(ratio) ? '–' : `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`);
const percent = (part: number) => `${Math.round(part * 100)} %`;

/** The short names of what costs most; all else is `other`. */
const KINDS: Record<string, string> = {
  ListObjectsV2: 'LIST',
  ListObjects: 'LIST',
  HeadObject: 'HEAD',
  CopyObject: 'COPY',
  GetObject: 'GET',
  PutObject: 'PUT',
};

function printRequests(requests: Line['requests']): string {
  const counts = new Map<string, number>();
  for (const [operation, count] of Object.entries(requests)) {
    const kind = KINDS[operation] ?? 'other';
    counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  return [...new Set([...Object.values(KINDS), 'other'])]
    .filter((kind) => counts.has(kind))
    .map((kind) => `${counts.get(kind)?.toLocaleString('en')} ${kind}`)
    .join(', ');
}

function printTarget(target: Target): string {
  const { what, unit, value, least, most } = target;
  const limit = most === undefined ? `at least ${least}` : `at most ${most}`;
  return `  ${isMet(target) ? 'met   ' : 'MISSED'}  ${what}: ${value.toPrecision(3)}, ${limit} ${unit}`.trimEnd();
}
