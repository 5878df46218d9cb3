import { coresOf, type FunctionName } from './functions.js';
import { assumed, design, measured, type Requests } from './measured.js';
import { chunksOf, filesOf, type Workload } from './workload.js';

/** One call of a function that S3 and Lambda keep no one waiting for. */
export interface Call {
  seconds: number;
  /** Copies of it, which S3's rate may hold back. */
  copies: number;
  requests: Requests;
}

/** Any call of IndexFile, CopyChunk or VerifyChunk; those that come once see every chunk. */
export function callOf(name: FunctionName, workload: Workload): Call {
  if (name === 'CopyChunk') return copyCall(workload);
  if (name === 'VerifyChunk') return verifyCall(workload);
  if (name === 'IndexFile') return indexCall(workload);
  return { seconds: seconds(name, onceCpu(name, workload), NO_REQUESTS), copies: 0, requests: NO_REQUESTS };
}

const NO_REQUESTS: Requests = { list: 0, copy: 0, get: 0, put: 0, tableReads: 0, tableWrites: 0 };

function rowsOf(workload: Workload): number {
  return Math.min(design.chunkRows, workload.objects / chunksOf(workload));
}

/**
 * Copies overlap with one another and with the work on them: a call lasts as long as the slower of CPU and of S3's answers,
 * and what is done one after the other comes on top: the files of attempts, before each of which all copies end.
 */
function copyCall(workload: Workload): Call {
  const rows = rowsOf(workload);
  const requests = scaled(measured.requests[workload.kind].CopyChunk, rows);
  const { identicalRow } = measured.cpu;
  const copiedRow = workload.copiedCpu ?? measured.cpu.copiedRow;
  const cpu = rows * (workload.kind === 'copying' ? copiedRow : identicalRow) + tls(requests);
  const copySeconds = workload.copySeconds ?? assumed.copySeconds;
  const answers = (requests.copy * copySeconds) / design.inFlight;
  const drained = (requests.copy / design.attemptsEvery) * copySeconds;
  const busy = Math.max(cpu / 1e6 / coresOf('CopyChunk'), answers);
  return { seconds: busy + drained + waits(requests), copies: requests.copy, requests };
}

function verifyCall(workload: Workload): Call {
  const rows = rowsOf(workload);
  const requests = scaled(measured.requests[workload.kind].VerifyChunk, rows);
  const { verifiedCopiedRow, verifiedIdenticalRow } = measured.cpu;
  const cpu = rows * (workload.kind === 'copying' ? verifiedCopiedRow : verifiedIdenticalRow);
  return { seconds: seconds('VerifyChunk', cpu, requests), copies: 0, requests };
}

function indexCall(workload: Workload): Call {
  const rows = workload.objects / filesOf(workload);
  const parts = Math.ceil((rows * measured.bytes.indexRow) / (8 * 1024 ** 2));
  const requests = { ...measured.requests.IndexFile, put: measured.requests.IndexFile.put + parts };
  return { seconds: seconds('IndexFile', rows * measured.cpu.indexRow, requests), copies: 0, requests };
}

/** PlanPass, TallyPass and ReportRun by their chunks; PrepareRun reads a manifest, and a failure writes an item. */
function onceCpu(name: FunctionName, workload: Workload): number {
  const { PlanPass, TallyPass, ReportRun } = measured.states;
  const perChunk =
    { PlanPass: PlanPass.cpu, TallyPass: TallyPass.cpu, ReportRun: ReportRun.cpu }[name as 'PlanPass'] ?? 0;
  return 1e6 + perChunk * chunksOf(workload);
}

/** What is done one after the other: CPU, requests, answers. */
function seconds(name: FunctionName, cpu: number, requests: Requests): number {
  return (cpu + tls(requests)) / 1e6 / coresOf(name) + waits(requests);
}

function tls(requests: Requests): number {
  return assumed.tlsCpu * Object.values(requests).reduce((sum, count) => sum + count, 0);
}

function waits({ list, get, put, tableReads, tableWrites }: Requests): number {
  return (
    list * assumed.listSeconds + (get + put) * assumed.smallSeconds + (tableReads + tableWrites) * assumed.tableSeconds
  );
}

/** Of a smaller chunk: the copies and what goes with them; the rest is the same for any. */
function scaled(requests: Requests, rows: number): Requests {
  const part = rows / design.chunkRows;
  const least = (count: number) => Math.max(Math.min(1, count), Math.ceil(count * part));
  return {
    list: least(requests.list),
    copy: requests.copy * part,
    get: requests.get,
    put: least(requests.put),
    tableReads: requests.tableReads,
    tableWrites: least(requests.tableWrites),
  };
}
