import { Child } from '../support/child.js';
import { lineOf, type Row } from '../table.js';
import type { Difference, DifferenceTask } from '../tasks/difference.js';

const ROUNDS = 1;
const MOST_MIB = 1024;
const MIB = 1024 * 1024;

/** What counting the difference of two inventories takes on one machine: the embedded Athena, with all that it stands on. */
export async function differenceRow(rows: number): Promise<Row> {
  const samples: Difference[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const child = await Child.start(new URL('../tasks/difference.ts', import.meta.url));
    try {
      samples.push((await child.ask({ rows } satisfies DifferenceTask)) as Difference);
    } finally {
      child.stop();
    }
  }
  const missing = samples.map((sample) => sample.missing).join(', ');
  const noServer = { requests: {}, serverCpuSeconds: 0 };
  const line = lineOf(
    'embedded Athena',
    rows,
    samples.map((sample) => ({ ...sample, ...noServer })),
    `${missing} found missing`,
  );
  return {
    name: `Difference of two inventories of ${rows.toLocaleString('en')} rows`,
    item: 'row',
    lines: [line],
    absent: [],
    targets: [{ what: 'resident memory', value: (line.peakBytes ?? Infinity) / MIB, most: MOST_MIB, unit: 'MiB' }],
    note: 'One process with the embedded S3, which holds both inventories, and DuckDB.',
  };
}
