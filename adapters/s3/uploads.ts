import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
} from '@aws-sdk/client-s3';
import { StorageError } from '../../core/errors.js';
import type {
  ChecksumAlgorithm,
  NewObject,
  PinnedDestination,
  Upload,
  UploadedPart,
  Written,
} from '../../core/ports.js';
import { named, type BucketSide } from './bucket-side.js';
import { quote, unquote } from './etag.js';
import { writeSettings } from './new-object.js';
import { storageCall } from './storage-error.js';
import { withExpires } from './expires-header.js';

/** Of streamed parts whose source has no checksum that parts can have; S3 takes parts with one only where the upload names it. */
export const USUAL_CHECKSUM = { algorithm: 'CRC32', type: 'FULL_OBJECT' } as const;

/** Multipart uploads at the destination, whatever brings their parts. */
export class S3Uploads {
  constructor(private readonly side: BucketSide) {}

  async beginUpload(key: string, object: NewObject, checksum: Upload['checksum']): Promise<Upload> {
    const command = new CreateMultipartUploadCommand({
      ...named(this.side),
      Key: key,
      ...writeSettings(object),
      ...(checksum === undefined ? {} : { ChecksumAlgorithm: checksum.algorithm, ChecksumType: checksum.type }),
    });
    const { UploadId } = await storageCall(() => this.side.client.send(withExpires(command, object.content?.expires)));
    if (!UploadId) throw noResult('upload id');
    return { key, id: UploadId, checksum };
  }

  async listParts({ key, id, checksum }: Upload): Promise<UploadedPart[] | undefined> {
    const parts: UploadedPart[] = [];
    let marker: string | undefined;
    try {
      do {
        const page = await storageCall(() =>
          this.side.client.send(
            new ListPartsCommand({
              ...named(this.side),
              Key: key,
              UploadId: id,
              ...(marker === undefined ? {} : { PartNumberMarker: marker }),
            }),
          ),
        );
        for (const part of page.Parts ?? []) parts.push(uploadedPart(part.PartNumber ?? 0, part, checksum));
        marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
      } while (marker !== undefined);
      return parts;
    } catch (error) {
      if (error instanceof StorageError && error.code === 'NoSuchUpload') return undefined;
      throw error;
    }
  }

  async completeUpload(
    { key, id, checksum }: Upload,
    parts: readonly UploadedPart[],
    destination: PinnedDestination,
    whole: { size: number; checksum: string | undefined },
  ): Promise<Written> {
    const { ETag, VersionId } = await storageCall(() =>
      this.side.client.send(
        new CompleteMultipartUploadCommand({
          ...named(this.side),
          Key: key,
          UploadId: id,
          MpuObjectSize: whole.size,
          ...condition(destination),
          ...(checksum === undefined ? {} : { ChecksumType: checksum.type }),
          ...(checksum === undefined || whole.checksum === undefined
            ? {}
            : { [`Checksum${checksum.algorithm}`]: whole.checksum }),
          MultipartUpload: {
            Parts: parts.map((part) => ({
              PartNumber: part.number,
              ETag: quote(part.etag),
              ...(checksum === undefined || part.checksum === undefined
                ? {}
                : { [`Checksum${checksum.algorithm}`]: part.checksum }),
            })),
          },
        }),
      ),
    );
    const etag = unquote(ETag);
    // S3 may answer 200 before it is done, and then say in the body that it failed.
    if (!etag) throw noResult('result');
    return { etag, ...(VersionId === undefined ? {} : { versionId: VersionId }) };
  }

  async abortUpload(key: string, id: string): Promise<void> {
    try {
      await storageCall(() =>
        this.side.client.send(new AbortMultipartUploadCommand({ ...named(this.side), Key: key, UploadId: id })),
      );
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'NoSuchUpload') throw error;
    }
  }
}

/** What must be at the destination for a write to take place. */
export function condition({ etag }: PinnedDestination): { IfNoneMatch: '*' } | { IfMatch: string } {
  return etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: quote(etag) };
}

/** A part out of an answer that shows its ETag and, in the upload's algorithm, its checksum. */
export function uploadedPart(
  number: number,
  answer: { ETag?: string | undefined } & Partial<Record<`Checksum${ChecksumAlgorithm}`, string | undefined>>,
  checksum: Upload['checksum'],
): UploadedPart {
  const etag = unquote(answer.ETag);
  if (!etag) throw noResult('part result');
  const value = checksum && answer[`Checksum${checksum.algorithm}`];
  return { number, etag, ...(value === undefined ? {} : { checksum: value }) };
}

/** A 200 counts only with a result in it: a body that was cut off may hold none. */
export function noResult(what: string): StorageError {
  return new StorageError('NoAnswer', `S3 answered 200 without a ${what}.`, { kind: 'transient', status: 200 });
}
