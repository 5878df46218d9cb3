import { callOf } from './calls.js';
import { eventsOfChild } from './machine.js';
import { measured } from './measured.js';
import { coresOf } from './functions.js';
import { quotas } from './quotas.js';
import type { SimulatedRun } from './schedule-run.js';
import type { Usage } from './usage.js';
import { chunksOf, filesOf, type Workload } from './workload.js';

export interface QuotaUse {
  quota: string;
  limit: number;
  used: number;
  /** `rate`: reached, it makes a run slower; `wall`: reached, it ends one. */
  kind: 'rate' | 'wall';
}

/** How much of each quota a run takes, by its simulation: the fullest first. */
export function quotasUsed(workload: Workload, run: SimulatedRun, usage: Usage): QuotaUse[] {
  const [chunks, files] = [chunksOf(workload), filesOf(workload)];
  const span = (name: 'CopyChunk' | 'VerifyChunk') => {
    const { from, to } = run.spans[name] ?? { from: 0, to: 0 };
    return Math.max(1, to - from);
  };
  const copy = callOf('CopyChunk', workload).requests;
  const verify = callOf('VerifyChunk', workload).requests;
  const copyRate = chunks / span('CopyChunk');
  const verifyRate = chunks / span('VerifyChunk');
  const once = (name: 'PlanPass' | 'TallyPass' | 'ReportRun') => callOf(name, workload).seconds;
  const rate = (quota: string, limit: number, used: number): QuotaUse => ({ quota, limit, used, kind: 'rate' });
  const wall = (quota: string, limit: number, used: number): QuotaUse => ({ quota, limit, used, kind: 'wall' });
  const tallyOwing = (measured.states.TallyPassOwing.cpu * chunks) / 1e6 / coresOf('TallyPass');
  return [
    rate(
      'S3 writes a second in a prefix (CopyChunk)',
      quotas.s3WritesPerSecond,
      (copyRate * copy.copy) / workload.prefixes,
    ),
    rate(
      'writes a second to the one item of the failure table',
      quotas.itemWritesPerSecond,
      copyRate * copy.tableWrites,
    ),
    rate('GET a second of the work bucket (VerifyChunk)', quotas.s3ReadsPerSecond, verifyRate * verify.get),
    rate('PUT a second of the work bucket (CopyChunk)', quotas.s3WritesPerSecond, copyRate * copy.put),
    rate('children that a Map starts in a second', quotas.childrenPerSecond, Math.max(copyRate, verifyRate)),
    rate('Lambda functions at once', quotas.lambdaConcurrency, run.mostRunning),
    rate('state transitions a second', quotas.transitionsPerSecond, usage.transitions / run.seconds),
    wall('children of a Map at once', quotas.mapChildren, Math.min(workload.concurrency, chunks)),
    wall('items of a Map', quotas.mapItems, chunks),
    wall('bytes of chunks.jsonl, which a Map reads', quotas.itemFileBytes, chunks * measured.bytes.chunkLine),
    wall('data files of an inventory (64 MiB of manifest, 256 bytes each)', 262_144, files),
    wall('events of the parent', quotas.historyEvents, 50 + 14 * (run.passes - 1)),
    wall('events of a child', quotas.historyEvents, eventsOfChild('CopyChunks') + 7 * Math.ceil(run.cursors / chunks)),
    wall('seconds of an execution', quotas.executionSeconds, run.seconds),
    wall('seconds of PlanPass', quotas.lambdaSeconds, once('PlanPass')),
    wall('seconds of TallyPass', quotas.lambdaSeconds, once('TallyPass')),
    wall('seconds of TallyPass, a row owed in each chunk', quotas.lambdaSeconds, tallyOwing),
    wall('seconds of ReportRun', quotas.lambdaSeconds, once('ReportRun')),
    wall('bytes that TallyPass holds (of 1,024 MB)', 1024 ** 3, 130e6 + chunks * measured.states.TallyPass.heldBytes),
    wall('bytes of /tmp in PlanPass', quotas.scratchBytes, chunks * measured.states.PlanPass.scratchBytes),
  ].toSorted((a, b) => b.used / b.limit - a.used / a.limit);
}
