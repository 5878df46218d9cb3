import { bucketPairs } from '../../adapters/ports.js';
import { environment } from '../../contracts/environment.js';

/** How every client speaks to the server of the benchmark. */
export function connectionTo(endpoint: string) {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } };
}

/** The buckets of that server, as a handler reaches them. */
export function pairsAt(endpoint: string) {
  const settings = {
    BACKFILL_PAIR: 'bench',
    BACKFILL_WORK_BUCKET: 'bench',
    BACKFILL_FAILURE_TABLE: 'bench',
    BACKFILL_RECONCILIATIONS: 'bench',
  };
  const connection = connectionTo(endpoint);
  return bucketPairs({ environment: environment.parse(settings), services: connection, objects: connection });
}
