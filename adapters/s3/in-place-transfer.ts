import { UploadPartCopyCommand } from '@aws-sdk/client-s3';
import type { CopyRequest, PinnedSource, Upload, UploadedPart, Written } from '../../core/ports.js';
import type { Transfer } from './bucket-pair.js';
import { copySource, named, type BucketSide } from './bucket-side.js';
import { quote, unquote } from './etag.js';
import { writeSettings } from './new-object.js';
import { storageCall } from './storage-error.js';
import { condition, noResult, S3Uploads, uploadedPart } from './uploads.js';
import { copyObject } from './wire/copy-object.js';

/** S3 copies by itself: one principal reaches both sides. */
export class InPlaceTransfer extends S3Uploads implements Transfer {
  readonly isInPlace = true;

  constructor(
    private readonly source: BucketSide,
    private readonly destination: BucketSide,
  ) {
    super(destination);
  }

  async copy({ source, destination, object }: CopyRequest): Promise<Written> {
    const answer = await storageCall(() =>
      copyObject(this.destination, {
        ...named(this.destination),
        ...this.#from(source),
        Key: destination.key,
        ...writeSettings(object),
        ...condition(destination),
      }),
    );
    const etag = unquote(answer.etag);
    if (!etag) throw noResult('copy result');
    return { etag, ...(answer.versionId === undefined ? {} : { versionId: answer.versionId }) };
  }

  async copyPart(
    source: PinnedSource,
    upload: Upload,
    number: number,
    range: { start: number; end: number } | undefined,
  ): Promise<UploadedPart> {
    const answer = await storageCall(() =>
      this.destination.client.send(
        new UploadPartCopyCommand({
          ...named(this.destination),
          ...this.#from(source),
          Key: upload.key,
          UploadId: upload.id,
          PartNumber: number,
          ...(range === undefined ? {} : { CopySourceRange: `bytes=${range.start}-${range.end - 1}` }),
        }),
      ),
    );
    return uploadedPart(number, answer.CopyPartResult ?? {}, upload.checksum);
  }

  #from(source: PinnedSource) {
    const { account } = this.source.at;
    return {
      ...(account === undefined ? {} : { ExpectedSourceBucketOwner: account }),
      CopySource: copySource(this.source, source),
      CopySourceIfMatch: quote(source.etag),
    };
  }
}
