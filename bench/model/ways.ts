import { costOf } from './cost.js';
import { FULL_BATCH, liveCosts, liveRequests } from './live.js';
import { otherPrices, prices } from './prices.js';
import { rivalsOf } from './rivals.js';
import { timeOf } from './time.js';
import { usageOf } from './usage.js';
import type { Workload } from './workload.js';

/** Ways of bringing objects of S3 from one bucket to another. */
export type Way =
  | 'replication'
  | 'timeControl'
  | 'batchReplication'
  | 'batchCopy'
  | 'events'
  | 'backfill'
  | 'dataSync'
  | 'rclone'
  | 'sync';

/** Dollars, by what they are for. */
export type Parts = [name: string, usd: number][];

export interface WayCost {
  /** For a million objects that are copied, whatever their size. */
  copied: Parts;
  /** For a million objects of which all are there already; none where the way looks at new ones only. */
  there?: Parts;
  /** For a TB (1,024 GB) of bytes: within the Region, to another one, and to another partition where the way leads there. */
  inRegion: Parts;
  acrossRegions: Parts;
  acrossPartitions?: Parts;
}

const MILLION = 1e6;
const GB_A_TB = 1024;
/** Seconds of CPU that streaming a GiB takes: docs/decisions/0024-streamed-copies.md, the most of it. */
const STREAMED_CPU_A_GB = 5.6;

const HEADS: Parts[number] = ['HEAD', MILLION * prices.s3Read.usd];
const COPIES: Parts[number] = ['COPY', MILLION * prices.s3Write.usd];
/** Both sides, a thousand keys an answer. */
const LISTS: Parts[number] = ['LIST', ((2 * MILLION) / 1_000) * prices.s3Write.usd];
const BETWEEN_REGIONS: Parts[number] = ['transfer', GB_A_TB * otherPrices.interRegionGb.usd];
const TO_THE_INTERNET: Parts[number] = ['transfer', GB_A_TB * otherPrices.internetGb.usd];
const TIME_CONTROL: Parts[number] = ['time control', GB_A_TB * otherPrices.timeControlGb.usd];
const DATA_SYNC: Parts[number] = ['DataSync', GB_A_TB * prices.dataSyncGb.usd];
/** Lambda has a core for 1,769 MB: so many GB-seconds are a second of CPU, whatever the memory. */
const STREAMED: Parts[number] = ['Lambda', GB_A_TB * STREAMED_CPU_A_GB * (1_769 / 1024) * prices.lambdaGbSecond.usd];

const BY_S3 = { inRegion: [], acrossRegions: [BETWEEN_REGIONS] } satisfies Partial<WayCost>;
const BY_S3_OR_STREAMED = { ...BY_S3, acrossPartitions: [TO_THE_INTERNET, STREAMED] } satisfies Partial<WayCost>;

export const wayCosts: Readonly<Record<Way, WayCost>> = {
  // "You incur costs for only one PUT request per object replicated": S3 User Guide, on replication's request rates.
  replication: { copied: [['PUT', MILLION * prices.s3Write.usd]], ...BY_S3 },
  timeControl: {
    copied: [['PUT', MILLION * prices.s3Write.usd]],
    inRegion: [TIME_CONTROL],
    acrossRegions: [BETWEEN_REGIONS, TIME_CONTROL],
  },
  batchReplication: { ...byRival('S3 Batch Replication'), ...BY_S3 },
  batchCopy: { ...byRival('S3 Batch Operations, Copy'), ...BY_S3 },
  events: { copied: liveCosts(liveRequests.copied, FULL_BATCH), ...BY_S3_OR_STREAMED },
  backfill: { copied: ofRun('copying'), there: ofRun('reconciling'), ...BY_S3_OR_STREAMED },
  dataSync: {
    ...byRival('DataSync, Enhanced mode'),
    inRegion: [DATA_SYNC],
    acrossRegions: [DATA_SYNC, BETWEEN_REGIONS],
  },
  // Requests as `npm run bench` counts them (docs/performance.md), of rclone with --checksum and --fast-list.
  rclone: {
    copied: [LISTS, HEADS, COPIES],
    there: [LISTS],
    ...BY_S3,
    acrossPartitions: [TO_THE_INTERNET],
  },
  sync: { copied: [LISTS, COPIES], there: [LISTS], ...BY_S3 },
};

export function sumOf(parts: Parts): number {
  return parts.reduce((sum, [, usd]) => sum + usd, 0);
}

/** A run of a million objects by the model: 50 workers, 8 prefixes. */
function workload(kind: Workload['kind']): Workload {
  return { objects: MILLION, kind, concurrency: 50, prefixes: 8 };
}

function ofRun(kind: Workload['kind']): Parts {
  const run = workload(kind);
  const { s3Requests, inventory, ...own } = costOf(usageOf(run, timeOf(run).lambda), run);
  return [
    ['S3 requests', s3Requests],
    ['inventory', inventory],
    ['Lambda, Step Functions, table, logs, files', sumOf(Object.entries(own))],
  ];
}

/** One job, or one execution, of a million objects. */
function byRival(name: string): Pick<WayCost, 'copied' | 'there'> {
  const of = (kind: Workload['kind']): Parts => {
    // What is paid by the GB is a column of its own.
    const rival = rivalsOf(workload(kind), 0).find((each) => each.name === name);
    if (!rival) throw new Error(`No rival is called ${name}.`);
    return [
      ['job', rival.service],
      ['S3 requests, inventory', rival.requests],
    ];
  };
  return { copied: of('copying'), there: of('reconciling') };
}
