import { coresOf, functionMemory } from './functions.js';
import { assumed, measured } from './measured.js';
import { otherPrices, prices } from './prices.js';

/** What core/sync asks for one key. */
export interface KeyRequests {
  head: number;
  copy: number;
  tableReads: number;
  tableWrites: number;
}

/**
 * By core/sync/sync-key.ts: the key's item is read, both sides are looked at, what is meant goes on file, it is copied, and
 * what was done goes on file.
 */
export const liveRequests = {
  copied: { head: 2, copy: 1, tableReads: 1, tableWrites: 2 },
  /** Where the pair goes both ways, the copy is an event of the other side, which finds nothing to do. */
  echo: { head: 2, copy: 0, tableReads: 1, tableWrites: 0 },
} as const satisfies Record<string, KeyRequests>;

/** Memory of SyncObject, taken to be that of CopyChunk. */
const GB = functionMemory.CopyChunk / 1024;

/** Messages of a call while much happens: infra/live-events.ts. A lone event has a call to itself. */
export const FULL_BATCH = 100;
/** As many messages as SQS hands out in one answer, and takes back in one request. */
const RECEIVED_AT_ONCE = 10;
/** Keys that a call works on at once: core/sync/sync-object.ts. */
const KEYS_AT_ONCE = 64;

/** $ a million events of S3, by what it is for. @param batch messages that one call of the function gets */
export function liveCosts({ head, copy, tableReads, tableWrites }: KeyRequests, batch: number): [string, number][] {
  const calls = 1 / batch;
  // A message is sent by itself, and received and deleted together with others.
  const queueRequests = 1 + 2 / Math.min(batch, RECEIVED_AT_ONCE);
  const cpu = measured.cpu.copiedRow + assumed.tlsCpu * (head + copy + tableReads + tableWrites);
  // Keys of a batch wait for S3 and the table side by side, and share the CPU.
  const waits = assumed.smallSeconds + copy * assumed.copySeconds + (tableReads + tableWrites) * assumed.tableSeconds;
  const seconds = (batch * cpu) / 1e6 / coresOf('CopyChunk') + Math.ceil(batch / KEYS_AT_ONCE) * waits;
  return [
    ['event', 1e6 * otherPrices.event.usd],
    ['queue', 1e6 * queueRequests * otherPrices.queueRequest.usd],
    ['Lambda', 1e6 * calls * (seconds * GB * prices.lambdaGbSecond.usd + prices.lambdaRequest.usd)],
    ['log', ((1e6 * calls * assumed.callLogBytes) / 1e9) * prices.logGb.usd],
    ['table', 1e6 * (tableReads * prices.tableRead.usd + tableWrites * prices.tableWrite.usd)],
    ['HEAD', 1e6 * head * prices.s3Read.usd],
    ['COPY', 1e6 * copy * prices.s3Write.usd],
  ];
}
