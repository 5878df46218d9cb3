import { callOf } from './calls.js';
import type { FunctionName } from './functions.js';
import { childOf, type MapName } from './machine.js';
import { design } from './measured.js';
import { quotas } from './quotas.js';
import type { LambdaSeconds } from './usage.js';
import { chunksOf, filesOf, type Workload } from './workload.js';

export interface Phase {
  seconds: number;
  /** What keeps it from being faster. */
  bound: string;
}

export interface RunTime {
  seconds: number;
  phases: Record<string, Phase>;
  lambda: LambdaSeconds;
}

const MAPS: MapName[] = ['IndexFiles', 'CopyChunks', 'VerifyChunks'];
const ONCE: FunctionName[] = ['PrepareRun', 'PlanPass', 'TallyPass', 'ReportRun'];

/** How long a run of one pass takes, in closed form: each Map by its workers, or by whichever quota holds them back. */
export function timeOf(workload: Workload): RunTime {
  const phases: Record<string, Phase> = {};
  const lambda: LambdaSeconds = {};
  for (const name of ONCE) {
    const { seconds } = callOf(name, workload);
    phases[name] = { seconds, bound: 'one call' };
    lambda[name] = { calls: 1, seconds };
  }
  for (const map of MAPS) {
    const { phase, calls, seconds } = mapTime(map, workload);
    phases[map] = phase;
    lambda[childOf(map).task] = { calls, seconds };
  }
  return { seconds: Object.values(phases).reduce((sum, each) => sum + each.seconds, 0), phases, lambda };
}

function mapTime(map: MapName, workload: Workload): { phase: Phase; calls: number; seconds: number } {
  const children = map === 'IndexFiles' ? filesOf(workload) : chunksOf(workload);
  const { task } = childOf(map);
  const call = callOf(task, workload);
  const workers = Math.min(workload.concurrency, quotas.lambdaConcurrency, quotas.mapChildren, children);
  const { list, get, put, tableWrites } = call.requests;
  // A table's item is one for the whole run; the work bucket's requests lie under one prefix until S3 splits it.
  const limits: [string, number][] = [
    ['S3 writes a prefix', call.copies / (quotas.s3WritesPerSecond * workload.prefixes)],
    ['S3 reads a prefix', task === 'IndexFile' ? 0 : list / (quotas.s3ReadsPerSecond * workload.prefixes)],
    ['S3 reads of the work bucket', get / quotas.s3ReadsPerSecond],
    ['S3 writes of the work bucket', put / quotas.s3WritesPerSecond],
    ['one item of the failure table', tableWrites / quotas.itemWritesPerSecond],
    ['children that a Map starts', 1 / quotas.childrenPerSecond],
  ];
  const [workersBound, free]: [string, number] = [
    workers < workload.concurrency ? (workers === children ? 'children' : 'Lambda concurrency') : 'maxConcurrency',
    call.seconds / workers,
  ];
  const [bound, each] = limits.reduce((most, one) => (one[1] > most[1] ? one : most), [workersBound, free]);
  // What is started late does not run meanwhile; whoever waits for S3 or the table is paid for.
  const isHeld = bound.startsWith('S3') || bound.startsWith('one item');
  const lasts = isHeld ? each * workers : call.seconds;
  const seconds = each === free ? Math.ceil(children / workers) * call.seconds : children * each + call.seconds;
  // A worker stops before its deadline and is called again.
  const calls = children * Math.max(1, Math.ceil(lasts / (quotas.lambdaSeconds - design.margin)));
  return { phase: { seconds, bound }, calls, seconds: children * lasts };
}
