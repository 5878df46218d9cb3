import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAnswers } from '../support/answers.js';
import { Child } from '../support/child.js';
import { writeInventory } from '../support/inventory-input.js';
import type { Taken } from '../support/taken.js';
import { costOf, lineOf, type Line, type Row, type Sample } from '../table.js';
import type { InventoryTask } from '../tasks/inventory.js';

const MIB = 1024 ** 2;
const MOST_MIB = 256;

/** Inventory rows to chunks, beside csv-parse, which makes nothing of them: rounds in turn, each in a process of its own. */
export async function indexRow(rows: number, rounds: number): Promise<Row> {
  return inFolder(async (folder) => {
    const file = await writeInventory(folder, rows, 'sorted');
    const samples: Record<'IndexFile' | 'csv-parse', Sample[]> = { IndexFile: [], 'csv-parse': [] };
    for (let round = 0; round < rounds; round++)
      for (const work of ['IndexFile', 'csv-parse'] as const) samples[work].push(await sample({ work, folder, file }));
    const own = lineOf('IndexFile', rows, samples.IndexFile);
    return {
      name: `${count(rows)} inventory rows to chunks`,
      item: 'row',
      lines: [own, lineOf('csv-parse alone', rows, samples['csv-parse'])],
      absent: [],
      targets: [{ what: 'CPU of a million rows', value: costOf(own) * 1e6, most: 2.5, unit: 's' }],
    };
  });
}

/** What one process of a state holds at most, at each number of rows: a line each. */
export async function memoryRows(sizes: readonly number[]): Promise<Row[]> {
  const [index, tally]: [Line[], Line[]] = [[], []];
  for (const rows of sizes) {
    for (const order of ['sorted', 'shuffled'] as const)
      await inFolder(async (folder) => {
        const file = await writeInventory(folder, rows, order);
        index.push(lineOf(`${count(rows)} rows, ${order}`, rows, [await sample({ work: 'IndexFile', folder, file })]));
      });
    for (const outcome of ['settled', 'owed'] as const)
      await inFolder(async (folder) => {
        const verified = await writeAnswers(folder, rows, outcome);
        tally.push(
          lineOf(`${count(rows)} rows, ${outcome}`, rows, [await sample({ work: 'TallyPass', folder, verified })]),
        );
      });
  }
  return [memoryRow('IndexFile', index), memoryRow('TallyPass', tally)];
}

function memoryRow(state: string, lines: Line[]): Row {
  const most = Math.max(...lines.map(({ peakBytes = Infinity }) => peakBytes)) / MIB;
  return {
    name: `Resident memory of ${state}`,
    item: 'row',
    lines,
    absent: [],
    targets: [{ what: 'the most of them', value: most, most: MOST_MIB, unit: 'MiB' }],
    note: 'Node included, in a process of its own for each line.',
  };
}

async function sample(task: InventoryTask): Promise<Sample> {
  const child = await Child.startBundled('bench/tasks/inventory.ts');
  try {
    return { ...((await child.ask(task)) as Taken), requests: {}, serverCpuSeconds: 0 };
  } finally {
    child.stop();
  }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 's3-backfill-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const count = (rows: number) => rows.toLocaleString('en');
