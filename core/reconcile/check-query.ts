import type { Counted, FoundInventories, ReconcileQuery } from '../../contracts/reconciliation.js';
import type { Ports } from '../ports.js';
import { decide, readCounts } from './counts.js';

/** What CheckQuery answers. */
export interface CheckQueryAnswer {
  /** `wait`: it still runs. `difference`, `backfill` and `record` are what comes next. */
  next: 'wait' | 'difference' | 'backfill' | 'record';
  /** Before it is asked for again. */
  waitSeconds: number;
  /** Of the count, once it has ended. */
  counted: Counted | null;
  /** 0 while it runs. */
  scannedBytes: number;
  /** Input of the run, where one comes next. */
  backfill: Record<string, unknown>;
}

const WAIT_SECONDS = 10;

/**
 * State CheckQuery: looks whether a query has ended, and what its answer means. Throws QueryFailed, QueryCancelled or
 * QueryOverScanLimit, and CountsContradict where its counts do not add up.
 */
export async function checkQuery(
  ports: Pick<Ports, 'queries'>,
  { query, id, found }: { query: ReconcileQuery; id: string; found: FoundInventories },
): Promise<CheckQueryAnswer> {
  const answer = { waitSeconds: WAIT_SECONDS, counted: null, scannedBytes: 0, backfill: found.backfill };
  const progress = await ports.queries.check(id);
  if (progress.kind === 'running') return { ...answer, next: 'wait' };
  const { scannedBytes, rows } = progress;
  if (query === 'difference')
    return { ...answer, next: 'backfill', scannedBytes, backfill: { ...found.backfill, manifest: { csv: rows } } };
  const { counts, repeated } = readCounts(await ports.queries.row(id));
  const counted = { counts, ...decide(counts, repeated, found) };
  return { ...answer, next: counted.next, scannedBytes, counted };
}
