import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../local/bundle.js';
import { scheduleRun } from './model/schedule-run.js';
import {
  markdown,
  modelTable,
  priceTable,
  quotaTable,
  rivalTable,
  sensitivityTable,
  simulate,
  simulationTable,
  type Table,
} from './model/tables.js';
import type { Workload } from './model/workload.js';
import { engineRun } from './model/engine-run.js';

/**
 * What a run costs on AWS and how long it takes, by the model and by its simulation (docs/performance.md).
 * Run: npx tsx bench/model.ts [--json | --write], which puts the tables into docs/performance.md
 * `npx tsx bench/model.ts --engine 100000000` drives the real state machine on the embedded Step Functions, in virtual time,
 * beside the schedule that is derived from it.
 */
if (process.argv[2] === '--engine') await beside(Number(process.argv[3] ?? 1e8));
else print(process.argv[2]);

function print(how: string | undefined): void {
  const simulated = simulate();
  const largest = simulated.filter(({ workload }) => workload.objects === 20e9 && workload.concurrency === 1_000);
  const tables = [
    modelTable(),
    rivalTable(),
    sensitivityTable(),
    simulationTable(simulated),
    ...largest.map(quotaTable),
    priceTable(),
  ];
  if (how === '--json') console.log(JSON.stringify(tables, null, 2));
  else if (how === '--write') write(tables);
  else console.log(tables.map(markdown).join('\n'));
}

/** Each table stands between two marks of its number. */
function write(tables: readonly Table[]): void {
  const page = join(projectRoot, 'docs/performance.md');
  const filled = tables.reduce(
    (text, table, index) => {
      const [begin, end] = [`<!-- begin table ${index + 1} -->\n`, `<!-- end table ${index + 1} -->`];
      const [before = '', rest = ''] = text.split(begin);
      return `${before}${begin}\n${markdown(table)}\n${end}${rest.slice(rest.indexOf(end) + end.length)}`;
    },
    readFileSync(page, 'utf8'),
  );
  writeFileSync(page, filled);
}

async function beside(objects: number): Promise<void> {
  const workloads: Workload[] = [
    { objects, kind: 'copying', concurrency: 1_000, prefixes: 140 },
    { objects, kind: 'reconciling', concurrency: 50, prefixes: 1 },
    ...(objects <= 1e8 ? [{ objects, kind: 'copying', concurrency: 10_000, prefixes: 140 } as const] : []),
  ];
  for (const workload of workloads) {
    const began = performance.now();
    const engine = await engineRun(workload);
    const seconds = (performance.now() - began) / 1_000;
    const schedule = scheduleRun(workload);
    const of = (run: typeof schedule) =>
      `${(run.seconds / 3_600).toFixed(3)} h, ${run.throttled} refused, ${run.failedChunks} chunks failed, ${run.passes} passes`;
    console.log(
      `${JSON.stringify(workload)}\n  engine: ${engine.status}, ${of(engine)}, ${engine.parentEvents} events of the parent`,
    );
    console.log(`  schedule: ${of(schedule)}`);
    console.log(
      `  the engine took ${seconds.toFixed(0)} s and ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`,
    );
  }
}
