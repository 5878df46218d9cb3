import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll } from '@jest/globals';
import { s3BucketPair } from '../../../adapters/s3/bucket-pair.js';
import { bucketSide, type BucketSide } from '../../../adapters/s3/bucket-side.js';
import { createS3Client, wireConnections, type ClientOptions } from '../../../adapters/s3/client.js';
import type { Connection } from '../../../adapters/connection.js';
import { InPlaceTransfer } from '../../../adapters/s3/in-place-transfer.js';
import { Connections } from '../../../adapters/s3/wire/connections.js';
import { Wire } from '../../../adapters/s3/wire/wire.js';
import { StorageError } from '../../../core/errors.js';
import type { BucketAddress } from '../../../contracts/side.js';
import type { BucketPair } from '../../../core/ports.js';

/** One pair of buckets, reached over the wire and by the SDK alone. */
export interface BothWays {
  wire: BucketPair;
  sdk: BucketPair;
  /** How often the SDK was called in place of the wire, or to read its answer. */
  fallbacks: () => number;
}

export const SOURCE: BucketAddress = { bucket: 'photos' };
export const DESTINATION: BucketAddress = { bucket: 'photos-copy' };

const open: (() => void)[] = [];
afterAll(() => {
  for (const close of open) close();
});

export function bothWays(
  connection: Connection,
  {
    source = SOURCE,
    destination = DESTINATION,
    connections = wireConnections(),
    options = {},
  }: {
    source?: BucketAddress;
    destination?: BucketAddress;
    connections?: Connections;
    options?: ClientOptions;
  } = {},
): BothWays {
  const client = createS3Client(connection, 1, undefined, options);
  const calls = countCalls(client);
  const from = bucketSide(client, source, connections);
  const to = bucketSide(client, destination, connections);
  const other = createS3Client(connection, 1, undefined, options);
  open.push(
    () => client.destroy(),
    () => other.destroy(),
    () => void connections.close(),
  );
  return {
    wire: pairOf(from, to),
    sdk: pairOf(bySdkAlone({ ...from, client: other }), bySdkAlone({ ...to, client: other })),
    fallbacks: () => calls.count,
  };
}

export function countCalls(client: S3Client): { count: number } {
  const calls = { count: 0 };
  client.middlewareStack.add(
    (next) => (args) => {
      calls.count += 1;
      return next(args);
    },
    { step: 'initialize', priority: 'high', name: 'counted' },
  );
  return calls;
}

function pairOf(from: BucketSide, to: BucketSide): BucketPair {
  return s3BucketPair(from, to, new InPlaceTransfer(from, to));
}

/** A wire that leaves every question to the SDK. */
class NoWire extends Wire {
  override ask(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

export function bySdkAlone(side: BucketSide): BucketSide {
  return { ...side, wire: new NoWire(side.client, side.at.bucket, wireConnections()) };
}

/** How a call ended, in all that the core looks at. */
export async function ending(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return { answer: await call() };
  } catch (error) {
    if (error instanceof StorageError) {
      const { name, code, kind, status } = error;
      return { name, code, kind, status };
    }
    return { thrown: error instanceof Error ? error.name : error };
  }
}
