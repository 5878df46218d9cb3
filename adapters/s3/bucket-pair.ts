import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetBucketEncryptionCommand,
  GetBucketWebsiteCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  RestoreObjectCommand,
  UploadPartCommand,
  type Tier,
} from '@aws-sdk/client-s3';
import { isReachedByKeys } from '../../contracts/side.js';
import { StorageError } from '../../core/errors.js';
import type {
  BucketPair,
  Grants,
  ListPage,
  NewObject,
  ObjectHead,
  PinnedSource,
  SourceState,
} from '../../core/ports.js';
import { named, type BucketSide } from './bucket-side.js';
import { listVersions, putDeleteMarker, versioningOf, versionsOf } from './versions.js';
import { grantsOf } from './grants.js';
import { objectHead } from './object-head.js';
import { replicationRules } from './replication-rules.js';
import { orMissing, storageCall } from './storage-error.js';
import { writeSettings } from './new-object.js';
import { USUAL_CHECKSUM } from './uploads.js';
import { headObject } from './wire/head-object.js';
import { listObjects } from './wire/list-objects.js';

/** Refusals of a read that are not of the reader. */
const READABLE = new Set(['InvalidRange', 'InvalidObjectState', 'NoSuchKey', 'NoSuchVersion']);

/** How objects get from one side to the other. */
export type Transfer = Pick<
  BucketPair,
  'isInPlace' | 'copy' | 'beginUpload' | 'listParts' | 'copyPart' | 'completeUpload' | 'abortUpload'
>;

/**
 * Source and destination over the SDK: what there is to see on both sides. The clients should not try again by themselves:
 * the core does.
 */
export function s3BucketPair(source: BucketSide, destination: BucketSide, transfer: Transfer): BucketPair {
  return {
    isInPlace: transfer.isInPlace,
    copy: (request, source) => transfer.copy(request, source),
    beginUpload: (key, object, checksum) => transfer.beginUpload(key, object, checksum),
    listParts: (upload) => transfer.listParts(upload),
    copyPart: (from, upload, number, range) => transfer.copyPart(from, upload, number, range),
    completeUpload: (upload, parts, at, whole) => transfer.completeUpload(upload, parts, at, whole),
    abortUpload: (key, id) => transfer.abortUpload(key, id),

    listSource: (prefix, after, limit) => list(source, prefix, after, limit),
    headSource: (key, of) => head(source, key, of),
    sourceTags: (key, versionId) => tags(source, key, versionId),
    sourceGrants: (key, versionId) => grants(source, key, versionId),
    listDestination: (prefix, after, limit) => list(destination, prefix, after, limit),
    headDestination: (key, versionId) => head(destination, key, { versionId }),
    listDestinationVersions: (prefix, after) => listVersions(destination, prefix, after),
    listSourceVersions: (prefix, after, limit) => listVersions(source, prefix, after, limit),
    sourceVersions: (key) => versionsOf(source, key),
    putDeleteMarker: (at) => putDeleteMarker(destination, at),
    sourceVersioning: () => versioningOf(source),
    replicationRules: () => replicationRules(source),
    destinationVersioning: () => versioningOf(destination),
    restore: (of, as) => restore(source, of, as),
    probeRead: (key) => probeRead(source, { ...named(source), Key: key }),
    probeWrite: (key, object) => probeWrite(destination, key, object, transfer.isInPlace),
    opaqueByDefault: async () => {
      const [ofSource, ofDestination] = await Promise.all([hasOpaqueEtags(source), hasOpaqueEtags(destination)]);
      return { source: ofSource, destination: ofDestination };
    },
    sourceIsWebsite: () => isWebsite(source),
  };
}

/** A page that is truncated and empty says nothing; the next one is asked for in its place. */
async function list(side: BucketSide, prefix: string, after: string, limit?: number): Promise<ListPage<SourceState>> {
  let token: string | undefined;
  for (;;) {
    const request = { prefix, after, limit, token };
    const { objects, isTruncated, token: next } = await storageCall(() => listObjects(side, request));
    token = isTruncated ? next : undefined;
    if (objects.length > 0 || token === undefined) return { objects, truncated: isTruncated };
  }
}

/**
 * A HEAD's errors have no body, so no code: a 400 is asked about by a GET of one byte, which has. Where the bucket is
 * reached by the keys of a secret, other statuses may be about those, and the GET has them renewed.
 */
async function head(
  side: BucketSide,
  key: string,
  { versionId, part }: { versionId?: string | undefined; part?: number } = {},
): Promise<ObjectHead | undefined> {
  const ask = async () => {
    const answer = await orMissing(() => headObject(side, { key, versionId, part }));
    return answer && objectHead(key, answer);
  };
  try {
    return await ask();
  } catch (error) {
    const isByKeys = isReachedByKeys(side.at);
    const asked = isByKeys ? ABOUT_KEYS : ABOUT_REQUEST;
    if (!(error instanceof StorageError) || !asked.has(error.status ?? 0)) throw error;
    const place = { ...named(side), Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
    if (!isByKeys) {
      await readByte(side, place);
      throw error;
    }
    await probeRead(side, place);
    return ask();
  }
}

const ABOUT_REQUEST = new Set([400]);
const ABOUT_KEYS = new Set([400, 401, 403]);

async function readByte(side: BucketSide, place: { Bucket: string; Key: string }): Promise<void> {
  const answer = await storageCall(() => side.client.send(new GetObjectCommand({ ...place, Range: 'bytes=0-0' })));
  // A server may send more than was asked for.
  (answer.Body as Readable | undefined)?.destroy();
}

async function tags(side: BucketSide, key: string, versionId?: string): Promise<Record<string, string>> {
  const place = { ...named(side), Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
  try {
    const { TagSet = [] } = await storageCall(() => side.client.send(new GetObjectTaggingCommand(place)));
    return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]));
  } catch (error) {
    // Where there is no such thing as a tag, no object has any.
    if (error instanceof StorageError && error.code === 'NotImplemented') return {};
    throw error;
  }
}

async function grants(side: BucketSide, key: string, versionId?: string): Promise<Grants> {
  return grantsOf(
    await storageCall(() =>
      side.client.send(
        new GetObjectAclCommand({
          ...named(side),
          Key: key,
          ...(versionId === undefined ? {} : { VersionId: versionId }),
        }),
      ),
    ),
  );
}

async function restore(
  side: BucketSide,
  { key, versionId }: Omit<PinnedSource, 'etag'>,
  { days, tier }: { days: number | undefined; tier: string },
): Promise<void> {
  await storageCall(() =>
    side.client.send(
      new RestoreObjectCommand({
        ...named(side),
        Key: key,
        ...(versionId === undefined ? {} : { VersionId: versionId }),
        RestoreRequest: {
          ...(days === undefined ? {} : { Days: days }),
          GlacierJobParameters: { Tier: tier as Tier },
        },
      }),
    ),
  );
}

async function probeRead(side: BucketSide, place: { Bucket: string; Key: string }): Promise<void> {
  try {
    await readByte(side, place);
  } catch (error) {
    // S3 says so only to whoever may read.
    if (!(error instanceof StorageError) || !READABLE.has(error.code)) throw error;
  }
}

/**
 * Begins an upload and drops it. A server other than AWS's is also given a part, sent as streamed bodies will be: it may know
 * uploads, and not the checksums at the end of a body.
 */
async function probeWrite(side: BucketSide, key: string, object: NewObject, isInPlace: boolean): Promise<void> {
  await storageCall(async () => {
    const place = { ...named(side), Key: key };
    const isOther = side.at.endpoint !== undefined && !isInPlace;
    const { UploadId } = await side.client.send(
      new CreateMultipartUploadCommand({
        ...place,
        ...writeSettings(object),
        ...(isOther ? { ChecksumAlgorithm: USUAL_CHECKSUM.algorithm, ChecksumType: USUAL_CHECKSUM.type } : {}),
      }),
    );
    try {
      if (isOther)
        await side.client.send(
          new UploadPartCommand({
            ...place,
            UploadId,
            PartNumber: 1,
            Body: Readable.from([Buffer.alloc(1)]),
            ContentLength: 1,
            ChecksumAlgorithm: USUAL_CHECKSUM.algorithm,
          }),
        );
    } finally {
      await side.client.send(new AbortMultipartUploadCommand({ ...place, UploadId }));
    }
  });
}

/** Where the configuration may not be read, nothing is known by it: objects are looked at by HEAD. */
async function hasOpaqueEtags(side: BucketSide): Promise<boolean> {
  try {
    const answer = await storageCall(() => side.client.send(new GetBucketEncryptionCommand(named(side))));
    const rules = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
    return rules.some(({ ApplyServerSideEncryptionByDefault: by }) => by?.SSEAlgorithm?.startsWith('aws:kms') === true);
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'refused') return false;
    throw error;
  }
}

async function isWebsite(side: BucketSide): Promise<boolean> {
  try {
    await storageCall(() => side.client.send(new GetBucketWebsiteCommand(named(side))));
    return true;
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'refused') throw error;
    return error.code !== 'NoSuchWebsiteConfiguration';
  }
}
