import {
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { BucketAddress } from '../../contracts/side.js';
import { StorageError } from '../../core/errors.js';
import type { LeftOver, OwnObject, OwnPrefix } from '../../core/operate/own-prefix.js';
import type { ObjectState } from '../../core/ports.js';
import { decodeListed } from './listed-key.js';
import { orMissing, storageCall } from './storage-error.js';

/** Of a listing, and of one DeleteObjects. */
const PAGE = 1_000;
/** Pages that are removed: a run of a few objects leaves a hundred files. */
const MOST_PAGES = 20;
const BLIND = 'what is current is gone; earlier versions may be left, which only s3:ListBucketVersions shows';

/** Objects under one prefix of S3 that are ours to write and to remove. */
export class S3OwnPrefix implements OwnPrefix {
  readonly bucket: string;
  readonly #place: { Bucket: string; ExpectedBucketOwner?: string };
  /** Earlier versions could not be listed. */
  #isBlind = false;

  constructor(
    private readonly client: S3Client,
    at: BucketAddress,
    readonly prefix: string,
  ) {
    // What is swept is gone: never a whole bucket, or a prefix that others may share.
    if (!isOwn(prefix)) throw new Error(`expected a prefix of a self-test or a doctor, got "${prefix}"`);
    this.bucket = at.bucket;
    this.#place = { Bucket: at.bucket, ...(at.account === undefined ? {} : { ExpectedBucketOwner: at.account }) };
  }

  async put(object: Pick<OwnObject, 'name' | 'body'> & Partial<OwnObject>): Promise<void> {
    const { name, body, contentType, metadata, tags = {} } = object;
    const Tagging = new URLSearchParams(tags).toString();
    await storageCall(() =>
      this.client.send(
        new PutObjectCommand({
          ...this.#place,
          Key: this.prefix + name,
          Body: body,
          ...(contentType === undefined ? {} : { ContentType: contentType }),
          ...(metadata === undefined ? {} : { Metadata: metadata }),
          ...(Tagging === '' ? {} : { Tagging }),
        }),
      ),
    );
  }

  async list(): Promise<ObjectState[]> {
    const objects: ObjectState[] = [];
    let token: string | undefined;
    do {
      const page = await storageCall(() =>
        this.client.send(
          new ListObjectsV2Command({
            ...this.#place,
            Prefix: this.prefix,
            EncodingType: 'url',
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        ),
      );
      for (const { Key = '', Size = 0, ETag = '', LastModified } of page.Contents ?? [])
        objects.push({
          key: decodeListed(Key, page.EncodingType),
          size: Size,
          etag: ETag.replaceAll('"', ''),
          lastModified: LastModified?.getTime() ?? 0,
        });
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
    return objects;
  }

  async read(name: string): Promise<(OwnObject & { isReplica: boolean }) | undefined> {
    const named = { ...this.#place, Key: this.prefix + name };
    const found = await orMissing(async () => {
      const answer = await this.client.send(new GetObjectCommand(named));
      return { ...answer, body: Buffer.from((await answer.Body?.transformToByteArray()) ?? []) };
    });
    if (!found) return undefined;
    const { TagSet = [] } = await storageCall(() => this.client.send(new GetObjectTaggingCommand(named)));
    return {
      name,
      body: found.body,
      contentType: found.ContentType ?? '',
      metadata: found.Metadata ?? {},
      tags: Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value])),
      isReplica: found.ReplicationStatus === 'REPLICA',
    };
  }

  /** A worker that was stopped may have written once more: it is looked again until nothing is there, or nothing can be removed. */
  async sweep(): Promise<LeftOver[]> {
    const address = `s3://${this.bucket}/${this.prefix}`;
    try {
      for (let page = 0; page < MOST_PAGES; page++) {
        const found = await this.#versions();
        if (found.length === 0) return this.#isBlind ? [{ address, why: BLIND }] : [];
        const refused = await this.#remove(found);
        if (refused.length > 0) return refused;
      }
      throw new Error('more is written there all the time');
    } catch (error) {
      // A bucket that is not there holds nothing.
      if (error instanceof StorageError && error.code === 'NoSuchBucket') return [];
      return [{ address, why: (error as Error).message }];
    }
  }

  /** At most a page of them: what is removed is not listed again. */
  async #versions(): Promise<Version[]> {
    try {
      return await this.#listVersions();
    } catch (error) {
      const code = error instanceof StorageError ? error.code : '';
      // A server that knows no versions says the former.
      if (code !== 'NotImplemented' && code !== 'AccessDenied') throw error;
      this.#isBlind = code === 'AccessDenied';
      return (await this.list()).slice(0, PAGE).map(({ key }) => ({ Key: key, VersionId: undefined }));
    }
  }

  async #listVersions(): Promise<Version[]> {
    const {
      Versions = [],
      DeleteMarkers = [],
      EncodingType,
    } = await storageCall(() =>
      this.client.send(
        new ListObjectVersionsCommand({
          ...this.#place,
          Prefix: this.prefix,
          EncodingType: 'url',
          MaxKeys: PAGE,
        }),
      ),
    );
    return [...Versions, ...DeleteMarkers].map(({ Key = '', VersionId }) => ({
      Key: decodeListed(Key, EncodingType),
      VersionId,
    }));
  }

  async #remove(objects: readonly Version[]): Promise<LeftOver[]> {
    const stray = objects.find(({ Key }) => !Key.startsWith(this.prefix));
    if (stray) throw new Error(`S3 listed ${stray.Key}, which is not under ${this.prefix}; nothing was removed.`);
    const { Errors = [] } = await storageCall(() =>
      this.client.send(
        new DeleteObjectsCommand({
          ...this.#place,
          Delete: {
            Quiet: true,
            Objects: objects.map(({ Key, VersionId }) => ({
              Key,
              ...(VersionId === undefined ? {} : { VersionId }),
            })),
          },
        }),
      ),
    );
    return Errors.map(({ Key = '', VersionId = '', Code = '' }) => ({
      address: `s3://${this.bucket}/${Key}${VersionId === '' || VersionId === 'null' ? '' : ` (version ${VersionId})`}`,
      why: Code,
    }));
  }
}

interface Version {
  Key: string;
  VersionId: string | undefined;
}

/** Each holds the id of one self-test or one look of the doctor, which no other shares. */
function isOwn(prefix: string): boolean {
  return /(?:selftest|doctor)[-/]\d{8}-\d{6}-[0-9a-f]{4}[-/]$/.test(prefix);
}
