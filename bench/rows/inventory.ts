import { benchIndexRows } from '../index-rows.js';
import { benchMemory, type MemoryFigure } from '../memory.js';
import type { Taken } from '../support/in-child.js';
import { costOf, lineOf, type Row, type Sample } from '../table.js';

const MIB = 1024 ** 2;
const MOST_MIB = 256;

/** Inventory rows to chunks, beside csv-parse, which makes nothing of them. */
export async function indexRow(rows: number, rounds: number): Promise<Row> {
  const { ours, peers } = await benchIndexRows(rows, rounds);
  const lines = [
    lineOf('IndexFile', rows, ours.map(sampleOf)),
    ...Object.entries(peers).map(([who, samples]) => lineOf(who, rows, samples.map(sampleOf))),
  ];
  return {
    name: `${count(rows)} inventory rows to chunks`,
    item: 'row',
    lines,
    absent: [],
    targets: lines
      .slice(0, 1)
      .map((own) => ({ what: 'CPU of a million rows', value: costOf(own) * 1e6, most: 2.5, unit: 's' })),
  };
}

/** What one process of a state holds at most, at each number of rows: a line each. */
export async function memoryRows(sizes: readonly number[]): Promise<Row[]> {
  const figures = await benchMemory(sizes);
  return (['IndexFile', 'TallyPass'] as const).map((state) => memoryRow(state, figures));
}

function memoryRow(state: MemoryFigure['state'], all: readonly MemoryFigure[]): Row {
  const figures = all.filter((figure) => figure.state === state);
  const nameOf = ({ input, rows }: MemoryFigure) => `${count(rows)} rows, ${input}`;
  return {
    name: `Resident memory of ${state}`,
    item: 'row',
    lines: figures.map((figure) => lineOf(nameOf(figure), figure.rows, [sampleOf(figure)])),
    absent: [],
    targets: [
      {
        what: 'the most of them',
        value: Math.max(...figures.map(({ residentMiB }) => residentMiB)),
        most: MOST_MIB,
        unit: 'MiB',
      },
    ],
    note: 'Node and tsx included, in a process of its own for each line.',
  };
}

function sampleOf({ cpuSeconds, seconds, residentMiB }: Taken): Sample {
  return { cpuSeconds, seconds, peakBytes: residentMiB * MIB, requests: {}, serverCpuSeconds: 0 };
}

const count = (rows: number) => rows.toLocaleString('en');
