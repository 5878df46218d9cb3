import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { StorageError } from '../../core/errors.js';
import type { BucketAddress } from '../../contracts/pair.js';
import type { BucketPair, CopyRequest, ListPage, ObjectState } from '../../core/ports.js';
import { decodeListed } from './listed-key.js';
import { orMissing, storageCall } from './storage-error.js';

/** Refusals of a read that are not of the reader. */
const READABLE = new Set(['InvalidRange', 'InvalidObjectState', 'NoSuchKey', 'NoSuchVersion']);

/** A bucket, and the client of its Region. */
export interface BucketSide {
  client: S3Client;
  at: BucketAddress;
}

/** Source and destination that one principal reaches, over the SDK. The clients should not try again by themselves: the core does. */
export class S3BucketPair implements BucketPair {
  constructor(
    private readonly source: BucketSide,
    private readonly destination: BucketSide,
  ) {}

  listSource(prefix: string, limit: number): Promise<ListPage> {
    return this.#list(this.source, prefix, '', limit);
  }

  headSource(key: string, versionId?: string): Promise<ObjectState | undefined> {
    return this.#head(this.source, key, versionId);
  }

  listDestination(prefix: string, after: string, limit?: number): Promise<ListPage> {
    return this.#list(this.destination, prefix, after, limit);
  }

  headDestination(key: string): Promise<ObjectState | undefined> {
    return this.#head(this.destination, key);
  }

  async copy(request: CopyRequest): Promise<{ etag: string }> {
    const version = request.versionId === undefined ? '' : `?versionId=${encodeURIComponent(request.versionId)}`;
    const answer = await storageCall(() =>
      this.destination.client.send(
        new CopyObjectCommand({
          ...named(this.destination),
          ...(this.source.at.account === undefined ? {} : { ExpectedSourceBucketOwner: this.source.at.account }),
          Key: request.destinationKey,
          // The SDK sends it as it is given; the key's own `?` and `+` must not be read as more than that.
          CopySource: `${this.source.at.bucket}/${encodeURIComponent(request.sourceKey).replaceAll('%2F', '/')}${version}`,
          CopySourceIfMatch: `"${request.sourceEtag}"`,
          ...(request.storageClass === undefined ? {} : { StorageClass: request.storageClass }),
          ...(request.destinationEtag === undefined
            ? { IfNoneMatch: '*' }
            : { IfMatch: `"${request.destinationEtag}"` }),
        }),
      ),
    );
    const etag = unquote(answer.CopyObjectResult?.ETag);
    // A 200 counts only with a result in it: a body that was cut off may hold none.
    if (!etag)
      throw new StorageError('NoAnswer', 'S3 answered 200 without a copy result.', { kind: 'transient', status: 200 });
    return { etag };
  }

  async probeRead(key: string): Promise<void> {
    try {
      const answer = await storageCall(() =>
        this.source.client.send(new GetObjectCommand({ ...named(this.source), Key: key, Range: 'bytes=0-0' })),
      );
      // A server may send more than was asked for.
      (answer.Body as Readable | undefined)?.destroy();
    } catch (error) {
      // S3 says so only to whoever may read.
      if (!(error instanceof StorageError) || !READABLE.has(error.code)) throw error;
    }
  }

  async probeWrite(key: string): Promise<void> {
    await storageCall(async () => {
      const { client } = this.destination;
      const place = { ...named(this.destination), Key: key };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
      await client.send(new AbortMultipartUploadCommand({ ...place, UploadId }));
    });
  }

  async etagsComparable(): Promise<boolean> {
    const [source, destination] = await Promise.all([
      this.#hasPlainEtags(this.source),
      this.#hasPlainEtags(this.destination),
    ]);
    return source && destination;
  }

  /** Where the configuration may not be read, ETags count as comparable: at worst an object is sent that was there already. */
  async #hasPlainEtags(side: BucketSide): Promise<boolean> {
    try {
      const answer = await storageCall(() => side.client.send(new GetBucketEncryptionCommand(named(side))));
      const rules = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
      return rules.every((rule) => (rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? 'AES256') === 'AES256');
    } catch (error) {
      if (error instanceof StorageError && error.kind === 'refused') return true;
      throw error;
    }
  }

  /** A page that is truncated and empty says nothing; the next one is asked for in its place. */
  async #list(side: BucketSide, prefix: string, after: string, limit?: number): Promise<ListPage> {
    let token: string | undefined;
    for (;;) {
      const page = await storageCall(() =>
        side.client.send(
          new ListObjectsV2Command({
            ...named(side),
            EncodingType: 'url',
            ...(prefix === '' ? {} : { Prefix: prefix }),
            ...(after === '' ? {} : { StartAfter: after }),
            ...(limit === undefined ? {} : { MaxKeys: limit }),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        ),
      );
      const objects = (page.Contents ?? []).map((each) => ({
        key: decodeListed(each.Key ?? ''),
        size: each.Size ?? 0,
        etag: unquote(each.ETag),
        lastModified: each.LastModified?.getTime() ?? 0,
      }));
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
      if (objects.length > 0 || token === undefined) return { objects, truncated: page.IsTruncated ?? false };
    }
  }

  async #head(side: BucketSide, key: string, versionId?: string): Promise<ObjectState | undefined> {
    const answer = await orMissing(() =>
      side.client.send(
        new HeadObjectCommand({
          ...named(side),
          Key: key,
          ...(versionId === undefined ? {} : { VersionId: versionId }),
        }),
      ),
    );
    return (
      answer && {
        key,
        size: answer.ContentLength ?? 0,
        etag: unquote(answer.ETag),
        lastModified: answer.LastModified?.getTime() ?? 0,
      }
    );
  }
}

/** S3 refuses the call where the bucket is somebody else's. */
function named({ at: { bucket, account } }: BucketSide) {
  return { Bucket: bucket, ...(account === undefined ? {} : { ExpectedBucketOwner: account }) };
}

function unquote(etag = ''): string {
  return etag.replaceAll('"', '');
}
