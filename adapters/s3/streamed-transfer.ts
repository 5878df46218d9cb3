import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { StorageError } from '../../core/errors.js';
import type {
  Checksum,
  CopyRequest,
  NewObject,
  ObjectHead,
  PinnedSource,
  Upload,
  UploadedPart,
  Written,
} from '../../core/ports.js';
import type { Transfer } from './bucket-pair.js';
import { named, type BucketSide } from './bucket-side.js';
import { carriedBody } from './carried-body.js';
import { REQUEST_TIMEOUT_MS } from './client.js';
import { quote, unquote } from './etag.js';
import { withExpires } from './expires-header.js';
import { writeSettings } from './new-object.js';
import { storageCall } from './storage-error.js';
import { condition, noResult, S3Uploads, uploadedPart, USUAL_CHECKSUM } from './uploads.js';

/** What came is not what the source has: it may have been damaged on the way. */
const DAMAGED = new Set(['BadDigest', 'InvalidDigest', 'XAmzContentChecksumMismatch']);

/** What a write is given of a body, and how the SDK is to send it. */
interface Sending {
  body: { Body: Readable | Buffer; ContentLength: number };
  options: { abortSignal: AbortSignal; requestTimeout: number };
}

/**
 * Bytes go through here: no one principal reaches both sides. Constant memory whatever the size, no file. Each try is a new
 * GET, which asks for the source as it was pinned; S3 checks at the destination what was computed on the way, or what the
 * source is known to be.
 */
export class StreamedTransfer extends S3Uploads implements Transfer {
  readonly isInPlace = false;

  constructor(
    private readonly source: BucketSide,
    private readonly destination: BucketSide,
  ) {
    super(destination);
  }

  async copy(
    { source, destination, object }: CopyRequest,
    whole?: Pick<ObjectHead, 'size' | 'checksums'>,
  ): Promise<Written> {
    const answer = await this.#carry(source, undefined, whole?.size, ({ body, options }) => {
      const command = new PutObjectCommand({
        ...named(this.destination),
        Key: destination.key,
        ...body,
        ...writeSettings(object),
        ...condition(destination),
        ...checksumOf(whole?.checksums[0]),
      });
      return this.destination.client.send(withExpires(command, object.content?.expires), options);
    });
    const etag = unquote(answer.ETag);
    if (!etag) throw noResult('result');
    return { etag, ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }) };
  }

  override beginUpload(key: string, object: NewObject, checksum: Upload['checksum']): Promise<Upload> {
    return super.beginUpload(key, object, checksum ?? USUAL_CHECKSUM);
  }

  async copyPart(
    source: PinnedSource,
    upload: Upload,
    number: number,
    range: { start: number; end: number } | undefined,
  ): Promise<UploadedPart> {
    const answer = await this.#carry(source, range, range && range.end - range.start, ({ body, options }) =>
      this.destination.client.send(
        new UploadPartCommand({
          ...named(this.destination),
          Key: upload.key,
          UploadId: upload.id,
          PartNumber: number,
          ...body,
          ChecksumAlgorithm: (upload.checksum ?? USUAL_CHECKSUM).algorithm,
        }),
        options,
      ),
    );
    return uploadedPart(number, answer, upload.checksum);
  }

  /** Gets, and writes what it gets. A body that breaks, is short or stands still is a failure that passes. */
  async #carry<T>(
    source: PinnedSource,
    range: { start: number; end: number } | undefined,
    expected: number | undefined,
    write: (sending: Sending) => Promise<T>,
  ): Promise<T> {
    const { body, size } = await this.#read(source, range, expected);
    const givenUp = new AbortController();
    let broken: Error | undefined;
    const broke = (error: Error) => {
      broken = error;
      givenUp.abort();
    };
    // The SDK's timeout would be for the whole of a body; ours is for a body that does not move.
    const stall = setTimeout(() => broke(new Error('Nothing moved for five minutes.')), REQUEST_TIMEOUT_MS);
    const carried = carriedBody(body, { size, broke, moved: () => stall.refresh() });
    try {
      return await storageCall(() =>
        write({
          body: { Body: size === 0 ? Buffer.alloc(0) : carried, ContentLength: size },
          options: { abortSignal: givenUp.signal, requestTimeout: 0 },
        }),
      );
    } catch (error) {
      // What S3 did not wait for the end of would keep its connection busy.
      givenUp.abort();
      throw broken ? bodyBroke(broken) : asPassing(error);
    } finally {
      clearTimeout(stall);
      carried.destroy();
    }
  }

  async #read(
    { key, versionId, etag }: PinnedSource,
    range: { start: number; end: number } | undefined,
    expected: number | undefined,
  ): Promise<{ body: Readable; size: number }> {
    const answer = await storageCall(() =>
      this.source.client.send(
        new GetObjectCommand({
          ...named(this.source),
          Key: key,
          ...(versionId === undefined ? {} : { VersionId: versionId }),
          IfMatch: quote(etag),
          ...(range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` }),
        }),
      ),
    );
    const body = answer.Body as Readable;
    const size = answer.ContentLength;
    if (size !== undefined && (expected === undefined || size === expected)) return { body, size };
    body.on('error', () => undefined).destroy();
    throw bodyBroke(
      new Error(
        `Expected ${expected ?? 'some'} bytes of the source, S3 began to send ${size ?? 'no one knows how many'}.`,
      ),
    );
  }
}

/** Its own checksum goes along where it is of the whole; of one that is composed of parts' only the kind is kept. */
function checksumOf(known: Checksum | undefined): object {
  if (known === undefined) return {};
  return known.type === 'FULL_OBJECT'
    ? { [`Checksum${known.algorithm}`]: known.value }
    : { ChecksumAlgorithm: known.algorithm };
}

function bodyBroke(cause: Error): StorageError {
  return new StorageError('NoAnswer', cause.message, { kind: 'transient', cause });
}

function asPassing(error: unknown): unknown {
  if (!(error instanceof StorageError) || !DAMAGED.has(error.code)) return error;
  const { code, message, status } = error;
  return new StorageError(code, message, { kind: 'transient', status, cause: error });
}
