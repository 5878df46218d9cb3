import type { S3Client } from '@aws-sdk/client-s3';
import type { SideAddress } from '../../contracts/side.js';
import type { PinnedSource } from '../../core/ports.js';
import type { Connections } from './wire/connections.js';
import { encodePath } from './wire/uri.js';
import { Wire } from './wire/wire.js';

/** A bucket, and the client of its Region that reaches it, by the bucket's role where it has one. */
export interface BucketSide {
  client: S3Client;
  at: SideAddress;
  /** The same bucket without the SDK's layers. */
  wire: Wire;
}

export function bucketSide(client: S3Client, at: SideAddress, connections: Connections): BucketSide {
  return { client, at, wire: new Wire(client, at.bucket, connections) };
}

/** S3 refuses the call where the bucket is somebody else's. */
export function named({ at: { bucket, account } }: BucketSide) {
  return { Bucket: bucket, ...(account === undefined ? {} : { ExpectedBucketOwner: account }) };
}

/** The same in the header of a request. */
export function ownerHeader({ at: { account } }: BucketSide): Record<string, string> {
  return account === undefined ? {} : { 'x-amz-expected-bucket-owner': account };
}

/**
 * `x-amz-copy-source` of an object. The SDK sends it as it is given; the key's own `?` and `+` must not be read as more than
 * that.
 */
export function copySource({ at }: BucketSide, { key, versionId }: Omit<PinnedSource, 'etag'>): string {
  const version = versionId === undefined ? '' : `?versionId=${encodeURIComponent(versionId)}`;
  return `${at.bucket}/${encodePath(key)}${version}`;
}
