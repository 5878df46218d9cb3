import { Body } from '../body.js';
import { checksumHeader, checksumOf } from '../checksums.js';
import { checkedChecksum } from '../claimed-checksum.js';
import { sourceOf } from '../copy-source.js';
import { encryptionHeaders } from '../encryption/encryption-headers.js';
import { encryptionOf, etagUnder, hasOpaqueEtag } from '../encryption/encryption.js';
import { checkPartEncryption } from '../encryption/part-encryption.js';
import { checkDigest } from '../object-lock-headers.js';
import { MAX_PART_NUMBER, MAX_SINGLE_SIZE, type MultipartUpload, type UploadedPart } from '../multipart-upload.js';
import { readCopyRange } from '../ranges.js';
import { type Operation, type S3Call, header, modificationTime, quoted } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import type { StoredObject } from '../stored-object.js';
import { refuseUnsupportedWrite } from '../unsupported.js';
import { sourceVersionHeader } from '../version-headers.js';
import { copyResult } from './copy-object.js';
import { uploadOf } from './create-multipart-upload.js';

export const uploadPart: Operation = async (call) => {
  refuseUnsupportedWrite(call);
  const begun = uploadOf(call);
  const { checksum, held } = begun;
  const number = partNumberOf(call);
  checkPartEncryption(call, begun);
  const payload = await call.payload();
  const body = Body.of(payload.data);
  const claim = checkedChecksum(call, payload, body);
  checkDigest(call, held?.lock, claim, 'Part');
  if (checksum.listed && claim?.algorithm !== checksum.algorithm) {
    throw new S3Error(
      'InvalidRequest',
      {},
      `Checksum Type mismatch occurred, expected checksum Type: ${checksum.algorithm.toLowerCase()}, actual checksum Type: ${claim?.algorithm.toLowerCase() ?? 'null'}`,
    );
  }
  // The upload is looked up again: it may have been completed or aborted while the body came.
  const part = putPart(uploadOf(call), number, body, modificationTime(call));
  return {
    status: 200,
    headers: [
      ['etag', quoted(part.etag)],
      ...encryptionHeaders(begun.encryption),
      ...(claim ? [[checksumHeader(claim.algorithm), claim.value] as const] : []),
    ],
  };
};

export const uploadPartCopy: Operation = (call) => {
  refuseUnsupportedWrite(call);
  const upload = uploadOf(call);
  const number = partNumberOf(call);
  checkPartEncryption(call, upload);
  const source = sourceOf(call);
  const body = rangeOf(call, source);
  const isWhole =
    body === source.content.body && source.content.parts.length === 0 && !hasOpaqueEtag(encryptionOf(source));
  const part = putPart(upload, number, body, modificationTime(call), isWhole ? source.content.etag : undefined);
  const { algorithm, type, listed } = upload.checksum;
  const checksum = listed ? { algorithm, type, value: part.checksum() as string } : undefined;
  return {
    status: 200,
    headers: [...encryptionHeaders(upload.encryption), ...sourceVersionHeader(source)],
    body: copyResult('CopyPartResult', part.lastModified, part.etag, checksum).replace(
      /<ChecksumType>[A-Z_]*<\/ChecksumType>/,
      '',
    ),
  };
};

function partNumberOf(call: S3Call): number {
  const text = call.query.get('partNumber') ?? '';
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MAX_PART_NUMBER) {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'partNumber', ArgumentValue: text },
      `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive`,
    );
  }
  return number;
}

function putPart(
  upload: MultipartUpload,
  number: number,
  body: Body,
  lastModified: number,
  md5?: string,
): UploadedPart {
  const etag = etagUnder(upload.encryption) ?? md5 ?? body.digest('md5').toString('hex');
  let checksum: string | undefined;
  const part: UploadedPart = {
    number,
    body,
    etag,
    lastModified,
    checksum() {
      checksum ??= checksumOf(upload.checksum.algorithm, body);
      return checksum;
    },
  };
  upload.parts.set(number, part);
  return part;
}

function rangeOf(call: S3Call, { content: { body } }: StoredObject): Body {
  const text = header(call, 'x-amz-copy-source-range');
  if (text === undefined) {
    if (body.size > MAX_SINGLE_SIZE) {
      throw new S3Error(
        'InvalidRequest',
        {},
        `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_SINGLE_SIZE}`,
      );
    }
    return body;
  }
  const range = readCopyRange(text, body.size);
  const argument = { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: text };
  if (range.kind === 'malformed') {
    throw new S3Error(
      'InvalidArgument',
      argument,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  }
  if (range.kind === 'outside') {
    if (range.startsOutside)
      throw new S3Error('InvalidRequest', {}, 'The specified copy range is invalid for the source object size');
    throw new S3Error(
      'InvalidArgument',
      argument,
      `Range specified is not valid for source object of size: ${body.size}`,
    );
  }
  if (range.end - range.start > MAX_SINGLE_SIZE)
    throw new S3Error('EntityTooLarge', { ProposedSize: range.end - range.start, MaxSizeAllowed: MAX_SINGLE_SIZE });
  return body.slice(range.start, range.end);
}
