import type { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { inventoryFolder, type PairBounds } from '../../contracts/pair.js';
import { isReachedByKeys, type ReachedAddress } from '../../contracts/side.js';
import { BackfillError, StorageError } from '../../core/errors.js';
import type { NewestInventory, PairFacts } from '../../core/operate/doctor/facts.js';
import type { Stack } from '../../core/operate/doctor/judge-bucket.js';
import type { Executions } from '../../core/ports.js';
import { parseRequest } from '../../core/prepare/parse-request.js';
import { resolveInventory } from '../../core/prepare/manifest/resolve-inventory.js';
import { bucketFacts } from './bucket-facts.js';
import { S3FileStore } from './file-store.js';
import { inventorySettings } from './inventory-settings.js';
import { look } from './look.js';

export interface BoundPair {
  pair: string;
  workBucket: string;
  bounds: PairBounds;
}

/** A client of a bucket, as whoever asks or by the bucket's keys. */
export type ClientOf = (at: ReachedAddress) => S3Client;

/** Looks at all that a run of the pair depends on, as whoever asks; nothing is written. Throws where S3 does not answer at all. */
export async function pairFacts(
  { pair, workBucket, bounds }: BoundPair,
  { client, executions, stack }: { client: ClientOf; executions: Executions; stack: Stack },
): Promise<PairFacts> {
  // Whose a bucket is that is reached by keys, only the pair can say.
  const facts = (at: ReachedAddress) => {
    const isByKeys = isReachedByKeys(at);
    return bucketFacts(client(at), at.bucket, {
      owner: at.account ?? (isByKeys ? undefined : stack.account),
      isByKeys,
    });
  };
  const work = new S3FileStore(client({ bucket: workBucket }), workBucket);
  const [source, destination, inventory, ofWork, configuration, newest, holder] = await Promise.all([
    facts(bounds.source),
    facts(bounds.destination),
    facts(bounds.inventory),
    facts({ bucket: workBucket }),
    inventorySettings(client(bounds.source), bounds.source.bucket, bounds.inventory.configId),
    newestInventory(bounds, work, client),
    look(() => lockHolder(work, pair, executions)),
  ]);
  return { source, destination, inventory, work: ofWork, configuration, newest, holder };
}

/** Found and checked by whoever does it in a run. */
async function newestInventory(bounds: PairBounds, work: S3FileStore, client: ClientOf): Promise<NewestInventory> {
  try {
    const { bucket, account } = bounds.inventory;
    const { manifest } = await resolveInventory(
      () => new S3FileStore(client(bounds.inventory), bucket, account),
      parseRequest({}, bounds, work.bucket),
      { latest: `s3://${bucket}/${inventoryFolder(bounds)}` },
    );
    const address = `s3://${manifest.bucket}/${manifest.key}`;
    return { kind: 'found', address, createdAt: manifest.createdAt };
  } catch (error) {
    if (!(error instanceof BackfillError)) throw error;
    if (error.cause instanceof StorageError && NOT_ALLOWED.has(error.cause.code))
      return { kind: 'refused', code: error.cause.code };
    return { kind: 'unusable', name: error.name, message: error.message };
  }
}

/** To whoever looks; the pair's own functions may. */
const NOT_ALLOWED = new Set(['AccessDenied', 'SecretNotRead']);

const lock = z.object({ executionArn: z.string(), runId: z.string() });

/** The run that holds the pair's lock, where it still runs. */
async function lockHolder(work: S3FileStore, pair: string, executions: Executions): Promise<string | undefined> {
  const file = await work.read(`locks/${pair}.json`);
  const held = file && readHolder(file.body.toString('utf8'));
  return held && (await executions.isRunning(held.executionArn)) ? held.runId : undefined;
}

/** A file that is not what a run writes says nothing. */
function readHolder(text: string): z.infer<typeof lock> | undefined {
  try {
    return lock.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
