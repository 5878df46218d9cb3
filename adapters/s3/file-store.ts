import { PassThrough, type Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ByteRange } from '../../contracts/manifest.js';
import { StorageError } from '../../core/errors.js';
import type { FileStore, FileWriter, StoredFile } from '../../core/ports.js';
import { decodeListed } from './listed-key.js';
import { asStorageError, orMissing, storageCall } from './storage-error.js';

/** Files in one bucket of S3. */
export class S3FileStore implements FileStore {
  readonly #place: { Bucket: string; ExpectedBucketOwner?: string };

  constructor(
    private readonly client: S3Client,
    readonly bucket: string,
    /** The account whose bucket it must be; S3 refuses each call where it is another's. */
    owner?: string,
  ) {
    this.#place = { Bucket: bucket, ...(owner === undefined ? {} : { ExpectedBucketOwner: owner }) };
  }

  async read(key: string): Promise<StoredFile | undefined> {
    return orMissing(async () => {
      const answer = await this.client.send(new GetObjectCommand({ ...this.#place, Key: key }));
      return { body: Buffer.from((await answer.Body?.transformToByteArray()) ?? []), version: answer.ETag ?? '' };
    });
  }

  async readRange(key: string, offset: number, length: number): Promise<Buffer> {
    return storageCall(async () => {
      const Range = `bytes=${offset}-${offset + length - 1}`;
      const answer = await this.client.send(new GetObjectCommand({ ...this.#place, Key: key, Range }));
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    });
  }

  async stream(key: string): Promise<{ body: Readable; size: number } | undefined> {
    const answer = await orMissing(() => this.client.send(new GetObjectCommand({ ...this.#place, Key: key })));
    return answer && { body: named(answer.Body as Readable), size: answer.ContentLength ?? 0 };
  }

  async stat(key: string): Promise<{ size: number; version: string } | undefined> {
    const answer = await orMissing(() => this.client.send(new HeadObjectCommand({ ...this.#place, Key: key })));
    return answer && { size: answer.ContentLength ?? 0, version: answer.ETag ?? '' };
  }

  async streamRange(key: string, { from, to }: ByteRange, version: string): Promise<Readable | undefined> {
    const range = { Range: `bytes=${from}-${to - 1}`, IfMatch: version };
    try {
      const answer = await orMissing(() =>
        this.client.send(new GetObjectCommand({ ...this.#place, Key: key, ...range })),
      );
      return answer && named(answer.Body as Readable);
    } catch (error) {
      if (error instanceof StorageError && error.status === 412) return undefined;
      throw error;
    }
  }

  async write(key: string, body: Buffer | string): Promise<void> {
    await storageCall(() => this.client.send(new PutObjectCommand({ ...this.#place, Key: key, Body: body })));
  }

  async remove(key: string): Promise<void> {
    await storageCall(() => this.client.send(new DeleteObjectCommand({ ...this.#place, Key: key })));
  }

  async writeIf(key: string, body: string, version: string | undefined): Promise<boolean> {
    const condition = version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version };
    try {
      await storageCall(() =>
        this.client.send(new PutObjectCommand({ ...this.#place, Key: key, Body: body, ...condition })),
      );
      return true;
    } catch (error) {
      // With If-Match S3 says NoSuchKey of a file that is gone.
      if (error instanceof StorageError && (error.status === 412 || error.status === 409 || error.code === 'NoSuchKey'))
        return false;
      throw error;
    }
  }

  writer(key: string): FileWriter {
    return new S3FileWriter(this.client, { ...this.#place, Key: key });
  }

  async *list(prefix: string): AsyncGenerator<string> {
    for await (const page of this.#pages(prefix))
      for (const { Key = '' } of page.Contents ?? []) yield decodeListed(Key, page.EncodingType);
  }

  async *folders(prefix: string): AsyncGenerator<string> {
    for await (const page of this.#pages(prefix, '/'))
      for (const { Prefix = '' } of page.CommonPrefixes ?? []) yield decodeListed(Prefix, page.EncodingType);
  }

  async *#pages(prefix: string, delimiter?: string) {
    let token: string | undefined;
    do {
      const page = await storageCall(() =>
        this.client.send(
          new ListObjectsV2Command({
            ...this.#place,
            Prefix: prefix,
            EncodingType: 'url',
            ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        ),
      );
      yield page;
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }
}

/** A connection that breaks in the middle is a StorageError as any other, so that the state is tried again. */
function named(body: Readable): Readable {
  const passed = new PassThrough({ highWaterMark: 1024 * 1024 });
  body.on('error', (error) => passed.destroy(asStorageError(error) as Error));
  passed.once('close', () => body.destroy());
  return body.pipe(passed);
}

/** Two parts of 8 MiB in flight: memory stays the same whatever the file's size. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_IN_FLIGHT = 2;

class S3FileWriter implements FileWriter {
  readonly #stream = new PassThrough({ highWaterMark: 1024 * 1024 });
  #arrived: Promise<unknown> | undefined;
  #closed = false;

  constructor(
    private readonly client: S3Client,
    private readonly place: { Bucket: string; Key: string; ExpectedBucketOwner?: string },
  ) {}

  async write(bytes: Buffer): Promise<void> {
    const arrived = this.#begin();
    if (this.#stream.write(bytes)) return;
    // A failed upload drains nothing: whichever comes first.
    await Promise.race([new Promise((resolve) => this.#stream.once('drain', resolve)), arrived]);
  }

  async close(): Promise<void> {
    const arrived = this.#begin();
    this.#stream.end();
    await arrived;
    this.#closed = true;
  }

  async abort(): Promise<void> {
    if (this.#closed || !this.#arrived) return;
    this.#closed = true;
    // Its own `abort` would not wait for the parts that S3 already has to be dropped; an upload without a source does.
    this.#stream.destroy(new Error('The file was given up.'));
    await this.#arrived.catch(() => undefined);
  }

  #begin(): Promise<unknown> {
    if (!this.#arrived) {
      const params = { ...this.place, Body: this.#stream };
      const upload = new Upload({ client: this.client, params, partSize: PART_BYTES, queueSize: PARTS_IN_FLIGHT });
      this.#arrived = storageCall(() => upload.done());
      this.#arrived.catch(() => undefined);
      this.#stream.on('error', () => undefined);
    }
    return this.#arrived;
  }
}
