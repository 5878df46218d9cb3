import { prices } from './prices.js';
import { design } from './measured.js';
import type { Usage } from './usage.js';
import type { Workload } from './workload.js';

/** US dollars by part. */
export interface Cost {
  lambda: number;
  stepFunctions: number;
  table: number;
  logs: number;
  s3Requests: number;
  inventory: number;
  /** Files of the run, for as long as they are kept. */
  storage: number;
}

export function costOf(usage: Usage, { objects }: Workload): Cost {
  const { requests } = usage;
  return {
    lambda: usage.lambdaGbSeconds * prices.lambdaGbSecond.usd + usage.lambdaCalls * prices.lambdaRequest.usd,
    stepFunctions: usage.transitions * prices.stateTransition.usd,
    table: requests.tableWrites * prices.tableWrite.usd + requests.tableReads * prices.tableRead.usd,
    logs: (usage.logBytes / 1e9) * prices.logGb.usd + usage.traces * prices.trace.usd,
    s3Requests: (requests.copy + requests.put + requests.list) * prices.s3Write.usd + requests.get * prices.s3Read.usd,
    inventory: objects * prices.inventoryObject.usd,
    storage: (usage.workBytes / 1024 ** 3) * prices.s3GbMonth.usd * (design.runsKeptDays / 30.4),
  };
}

export function totalOf(cost: Cost): number {
  return Object.values(cost).reduce((sum, part) => sum + part, 0);
}

/** What the design bounds: Lambda, Step Functions and tables. */
export function orchestrationOf({ lambda, stepFunctions, table }: Cost): number {
  return lambda + stepFunctions + table;
}
