import { callOf } from './calls.js';
import { functionMemory, type FunctionName } from './functions.js';
import { eventsOfChild, transitionsOfChild, transitionsOfParent } from './machine.js';
import { assumed, measured, type Requests } from './measured.js';
import { chunksOf, filesOf, type Workload } from './workload.js';

/** What a run uses that is paid for. */
export interface Usage {
  lambdaCalls: number;
  lambdaGbSeconds: number;
  transitions: number;
  requests: Requests;
  logBytes: number;
  traces: number;
  workBytes: number;
}

/** Seconds of Lambda by function, over all calls. */
export type LambdaSeconds = Partial<Record<FunctionName, { calls: number; seconds: number }>>;

/** What is used beside the time of Lambda: it follows from the workload, whatever the schedule was. */
export function usageOf(workload: Workload, lambda: LambdaSeconds, retries = 0): Usage {
  const [chunks, files] = [chunksOf(workload), filesOf(workload)];
  const copyCalls = lambda.CopyChunk?.calls ?? chunks;
  const cursors = Math.max(0, copyCalls - chunks);
  const each = { IndexFile: files, CopyChunk: chunks, VerifyChunk: chunks };
  const calls = Object.values(lambda).reduce((sum, one) => sum + one.calls, 0);
  const events =
    files * eventsOfChild('IndexFiles') + chunks * (eventsOfChild('CopyChunks') + eventsOfChild('VerifyChunks'));
  return {
    lambdaCalls: calls,
    lambdaGbSeconds: Object.entries(lambda).reduce(
      (sum, [name, one]) => sum + (one.seconds * functionMemory[name as FunctionName]) / 1024,
      0,
    ),
    transitions:
      transitionsOfParent() +
      files * transitionsOfChild('IndexFiles') +
      chunks * (transitionsOfChild('CopyChunks') + transitionsOfChild('VerifyChunks')) +
      cursors * (transitionsOfChild('CopyChunks', 2) - transitionsOfChild('CopyChunks')) +
      retries,
    requests: sumOf(
      Object.entries(each).map(([name, count]) => times(callOf(name as FunctionName, workload).requests, count)),
    ),
    logBytes: events * assumed.eventLogBytes + calls * assumed.callLogBytes,
    // Each execution and each call may be one; sampling makes it less.
    traces: files + 2 * chunks,
    workBytes:
      workload.objects *
      (measured.bytes.indexRow +
        measured.bytes.reportRow +
        (workload.kind === 'copying' ? measured.bytes.attemptsRow : 0)),
  };
}

function times(requests: Requests, factor: number): Requests {
  const product = { ...requests };
  for (const name of Object.keys(product) as (keyof Requests)[]) product[name] *= factor;
  return product;
}

function sumOf(all: Requests[]): Requests {
  const sum: Requests = { list: 0, copy: 0, get: 0, put: 0, tableReads: 0, tableWrites: 0 };
  for (const requests of all) for (const name of Object.keys(sum) as (keyof Requests)[]) sum[name] += requests[name];
  return sum;
}
