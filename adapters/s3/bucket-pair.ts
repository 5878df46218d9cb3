import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetBucketEncryptionCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { StorageError } from '../../core/errors.js';
import type { BucketPair, CopyRequest, ListPage, ObjectState } from '../../core/ports.js';
import { decodeListed } from './listed-key.js';
import { orMissing, storageCall } from './storage-error.js';

/** Source and destination that one principal reaches, over the SDK. The client should not try again by itself: the core does. */
export class S3BucketPair implements BucketPair {
  constructor(
    private readonly client: S3Client,
    private readonly source: string,
    private readonly destination: string,
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
      this.client.send(
        new CopyObjectCommand({
          Bucket: this.destination,
          Key: request.destinationKey,
          // The SDK sends it as it is given; the key's own `?` and `+` must not be read as more than that.
          CopySource: `${this.source}/${encodeURIComponent(request.sourceKey).replaceAll('%2F', '/')}${version}`,
          CopySourceIfMatch: `"${request.sourceEtag}"`,
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

  async probeWrite(key: string): Promise<void> {
    await storageCall(async () => {
      const { UploadId } = await this.client.send(
        new CreateMultipartUploadCommand({ Bucket: this.destination, Key: key }),
      );
      await this.client.send(new AbortMultipartUploadCommand({ Bucket: this.destination, Key: key, UploadId }));
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
  async #hasPlainEtags(bucket: string): Promise<boolean> {
    try {
      const answer = await storageCall(() => this.client.send(new GetBucketEncryptionCommand({ Bucket: bucket })));
      const rules = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
      return rules.every((rule) => (rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? 'AES256') === 'AES256');
    } catch (error) {
      if (error instanceof StorageError && error.kind === 'refused') return true;
      throw error;
    }
  }

  /** A page that is truncated and empty says nothing; the next one is asked for in its place. */
  async #list(bucket: string, prefix: string, after: string, limit?: number): Promise<ListPage> {
    let token: string | undefined;
    for (;;) {
      const page = await storageCall(() =>
        this.client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
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

  async #head(bucket: string, key: string, versionId?: string): Promise<ObjectState | undefined> {
    const answer = await orMissing(() =>
      this.client.send(
        new HeadObjectCommand({
          Bucket: bucket,
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

function unquote(etag = ''): string {
  return etag.replaceAll('"', '');
}
