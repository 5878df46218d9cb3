import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { StorageError } from '../../core/errors.js';
import type { CopyRequest, ObjectHead, PinnedSource, Upload, UploadedPart, Written } from '../../core/ports.js';
import type { Transfer } from './bucket-pair.js';
import { named, type BucketSide } from './bucket-side.js';
import { quote, unquote } from './etag.js';
import { withExpires } from './expires-header.js';
import { writeSettings } from './new-object.js';
import { storageCall } from './storage-error.js';
import { condition, noResult, S3Uploads, uploadedPart } from './uploads.js';

/**
 * Bytes go through here: no one principal reaches both sides. Constant memory whatever the size, no file; each GET asks for
 * the source as it was pinned, and S3 checks at the destination what was computed on the way.
 */
export class StreamedTransfer extends S3Uploads implements Transfer {
  readonly isInPlace = false;

  constructor(
    private readonly source: BucketSide,
    private readonly destination: BucketSide,
  ) {
    super(destination);
  }

  async copy({ source, destination, object }: CopyRequest, whole?: Pick<ObjectHead, 'checksums'>): Promise<Written> {
    const known = whole?.checksums.find(({ type }) => type === 'FULL_OBJECT');
    const { body, size } = await this.#read(source, undefined);
    const command = new PutObjectCommand({
      ...named(this.destination),
      Key: destination.key,
      Body: body,
      ContentLength: size,
      ...writeSettings(object),
      ...condition(destination),
      ...(known === undefined ? {} : { [`Checksum${known.algorithm}`]: known.value }),
    });
    const answer = await this.#send(body, () =>
      this.destination.client.send(withExpires(command, object.content?.expires)),
    );
    const etag = unquote(answer.ETag);
    if (!etag) throw noResult('result');
    return { etag, ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }) };
  }

  async copyPart(
    source: PinnedSource,
    upload: Upload,
    number: number,
    range: { start: number; end: number } | undefined,
  ): Promise<UploadedPart> {
    const { body, size } = await this.#read(source, range);
    const answer = await this.#send(body, () =>
      this.destination.client.send(
        new UploadPartCommand({
          ...named(this.destination),
          Key: upload.key,
          UploadId: upload.id,
          PartNumber: number,
          Body: body,
          ContentLength: size,
          ...(upload.checksum === undefined ? {} : { ChecksumAlgorithm: upload.checksum.algorithm }),
        }),
      ),
    );
    return uploadedPart(number, answer, upload.checksum);
  }

  async #read(
    { key, versionId, etag }: PinnedSource,
    range: { start: number; end: number } | undefined,
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
    const size = answer.ContentLength ?? 0;
    const body = answer.Body as Readable;
    if (range !== undefined && size !== range.end - range.start) {
      body.destroy();
      throw new StorageError(
        'NoAnswer',
        `Expected ${range.end - range.start} bytes of the source, S3 began to send ${size}.`,
        {
          kind: 'transient',
        },
      );
    }
    return { body, size };
  }

  /** A write that ends before its body does leaves a connection to the source open. A body that breaks is no answer of S3. */
  async #send<T>(body: Readable, write: () => Promise<T>): Promise<T> {
    try {
      return await storageCall(write);
    } finally {
      body.destroy();
    }
  }
}
