/** What one of those compared took in one round. */
export interface Sample {
  /** Of the client: its process and all that it started. */
  cpuSeconds: number;
  seconds: number;
  /** The most that they held at one time; undefined where it cannot be told. */
  peakBytes: number | undefined;
  /** By AWS's name of the operation, over all buckets; empty where there is no server. */
  requests: Readonly<Record<string, number>>;
  serverCpuSeconds: number;
}

/** One of those compared: the medians of its rounds. */
export interface Line extends Sample {
  who: string;
  rounds: number;
  items: number;
  note?: string | undefined;
}

/** What ours is held to. */
export interface Target {
  what: string;
  unit: string;
  value: number;
  least?: number;
  most?: number;
}

/** One row of the table: the same work by each. The first line is ours. */
export interface Row {
  name: string;
  /** What the lines' costs are told by: `object`, `page`. */
  item: string;
  lines: readonly Line[];
  /** Those that are not there to be compared, or that failed, and why. */
  absent: readonly string[];
  targets: readonly Target[];
  note?: string | undefined;
}

/** Medians of a line's rounds. @param who its name */
export function lineOf(who: string, items: number, samples: readonly Sample[], note?: string): Line {
  const middle = (of: (sample: Sample) => number) => median(samples.map(of));
  const operations = new Set(samples.flatMap(({ requests }) => Object.keys(requests)));
  const peaks = samples.flatMap(({ peakBytes }) => (peakBytes === undefined ? [] : [peakBytes]));
  return {
    who,
    rounds: samples.length,
    items,
    cpuSeconds: middle(({ cpuSeconds }) => cpuSeconds),
    seconds: middle(({ seconds }) => seconds),
    peakBytes: peaks.length === 0 ? undefined : median(peaks),
    requests: Object.fromEntries([...operations].map((name) => [name, middle(({ requests }) => requests[name] ?? 0)])),
    serverCpuSeconds: middle(({ serverCpuSeconds }) => serverCpuSeconds),
    note,
  };
}

/** NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** CPU seconds of one item. */
export const costOf = ({ cpuSeconds, items }: Line): number => cpuSeconds / items;

/** How many times what ours costs, item by item. */
export function ratioOf(line: Line, row: Row): number {
  const [ours] = row.lines;
  return ours ? costOf(line) / costOf(ours) : Number.NaN;
}

export function isMet({ value, least, most }: Target): boolean {
  return value >= (least ?? -Infinity) && value <= (most ?? Infinity);
}

/** The server's part of a line's CPU, and how much of one core it used: at 1 it would be what holds the client up. */
export function serverOf({ cpuSeconds, seconds, serverCpuSeconds }: Line) {
  return { shareOfCpu: serverCpuSeconds / (serverCpuSeconds + cpuSeconds), busy: serverCpuSeconds / seconds };
}

/** The most of one core that the server used in any line. */
export function busiestServer(rows: readonly Row[]): number {
  return Math.max(0, ...rows.flatMap(({ lines }) => lines.map((line) => serverOf(line).busy)));
}
