import type { Connection } from '../../adapters/connection.js';
import type { DeployedRecords } from '../../adapters/records/deployed-records.js';
import { createS3Client, perRegion } from '../../adapters/s3/client.js';
import { clientByKeys } from '../../adapters/s3/client-by-keys.js';
import { S3OwnPrefix } from '../../adapters/s3/own-prefix.js';
import type { ClientOf } from '../../adapters/s3/pair-facts.js';
import { secretsBy } from '../../adapters/secrets/secret-credentials.js';
import type { PairBounds } from '../../contracts/pair.js';
import type { ReachedAddress } from '../../contracts/side.js';
import { openPair, type PairOptions } from '../options.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

/** A pair that was deployed with its buckets, and how they are reached. */
export interface BoundPair {
  records: DeployedRecords;
  bounds: PairBounds;
  connection: Connection;
  s3Connection: Connection;
  /** Account and Region of its state machine. */
  stack: { account: string; region: string };
  /** What is ours under a prefix of one of its buckets. */
  own: (at: ReachedAddress, prefix: string) => S3OwnPrefix;
  /** As whoever asks, or by the keys of the bucket's secret, if whoever asks may read that. */
  client: ClientOf;
}

/** Tries of the SDK for one call. */
const ATTEMPTS = 4;

/** Throws UsageError where the pair takes its buckets from each request: then there is nothing to look at. */
export async function openBoundPair(options: PairOptions, terminal: Terminal): Promise<BoundPair> {
  const { records, connection, s3Connection } = await openPair(options, terminal);
  const { pair, stateMachineArn, bounds } = records.pair;
  if (!bounds)
    throw new UsageError(
      `Pair "${pair}" was deployed without buckets, and takes them from each request: expected one whose buckets its state machine names.`,
    );
  const { inventory } = bounds;
  if (!inventory)
    throw new UsageError(
      `"${pair}" is the restore of a pair: expected the pair itself. A dry run shows what a restore may do: s3-backfill restore.`,
    );
  const [, , , region = '', account = ''] = stateMachineArn.split(':');
  const asking = { connection: s3Connection, secrets: secretsBy(connection), attempts: ATTEMPTS };
  const ours = perRegion((at) => createS3Client({ ...s3Connection, ...at }, ATTEMPTS));
  const client: ClientOf = (at) => clientByKeys(at, asking) ?? ours(at.region);
  const own = (at: ReachedAddress, prefix: string) => new S3OwnPrefix(client(at), at, prefix);
  return {
    records,
    bounds: { ...bounds, inventory },
    connection,
    s3Connection,
    stack: { account, region },
    own,
    client,
  };
}
