import { childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { CHECKSUM_ALGORITHMS, checksumElement, checksumHeader } from '../checksums.js';
import { Content } from '../content.js';
import { encryptionHeaders } from '../encryption/encryption-headers.js';
import { encryptedAs, encryptionOf } from '../encryption/encryption.js';
import { checkCompletion } from '../encryption/part-encryption.js';
import { withHeld } from '../held.js';
import { MAX_PART_NUMBER, MIN_PART_SIZE, type MultipartUpload, type UploadedPart } from '../multipart-upload.js';
import { type Operation, type S3Answer, type S3Call, bucketOf, header, quoted } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import type { StoredObject } from '../stored-object.js';
import { putVersionHeader } from '../version-headers.js';
import { encodePath } from '../../http/uri.js';
import { checkWriteConditions, writeObject } from '../write-object.js';
import { uploadOf } from './create-multipart-upload.js';

/** Completing once more what is complete is answered like the first time, as long as the object is still what came of it. */
export const completeMultipartUpload: Operation = async (call) => {
  if (!completedBefore(call)) uploadOf(call);
  const { data } = await call.payload();
  const before = completedBefore(call);
  if (before) return answer(call, before);
  const upload = uploadOf(call);
  const bucket = bucketOf(call);
  checkConditions(call, upload);
  checkCompletion(call, upload);
  const parts = readParts(upload, data.toString()).map((claim, index, claims) =>
    matchPart(upload, claim, index === claims.length - 1),
  );
  const content = Content.ofParts(parts, upload.checksum);
  checkWhole(call, upload, content);
  const { storageClass, initiatedAt: lastModified, description } = upload;
  const object = withHeld({ content, storageClass, lastModified, description }, upload.held);
  const written = writeObject(call, bucket, encryptedAs(object, upload.encryption), 'CompleteMultipartUpload');
  bucket.uploads.delete(upload.id);
  uploadIds.set(content, upload.id);
  return answer(call, written);
};

/** Which upload made a content; forgotten with the content. */
const uploadIds = new WeakMap<Content, string>();

function completedBefore(call: S3Call): StoredObject | undefined {
  const object = bucketOf(call).objects.get(call.key);
  return object && uploadIds.get(object.content) === call.query.get('uploadId') ? object : undefined;
}

/** As for any write; and a write to the key since the upload began voids it, also one that left the very same bytes. */
function checkConditions(call: S3Call, { replaces }: MultipartUpload): void {
  const bucket = bucketOf(call);
  checkWriteConditions(call, bucket);
  const condition = CONDITIONS.find((name) => header(call, name.toLowerCase()) !== undefined);
  if (condition !== undefined && bucket.objects.get(call.key)?.content !== replaces) {
    throw new S3Error('ConditionalRequestConflict', { Condition: condition, Key: call.key });
  }
}

const CONDITIONS = ['If-Match', 'If-None-Match'];

/** A part as the request names it. */
interface ClaimedPart {
  number: number;
  etag: string;
  checksums: { name: string; value: string }[];
}

function readParts(upload: MultipartUpload, text: string): ClaimedPart[] {
  if (text === '') throw new S3Error('InvalidRequest', {}, 'You must specify at least one part');
  const document = readXml(text);
  if (document?.name !== 'CompleteMultipartUpload') throw new S3Error('MalformedXML');
  const parts = document.children.map((child) => {
    const number = Number(childText(child, 'PartNumber')?.trim() || Number.NaN);
    const etag = childText(child, 'ETag')?.trim().replaceAll('"', '');
    if (child.name !== 'Part' || !Number.isInteger(number) || etag === undefined) throw new S3Error('MalformedXML');
    const checksums = CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
      const value = childText(child, checksumElement(algorithm));
      return value === undefined ? [] : [{ name: algorithm, value }];
    });
    return { number, etag, checksums };
  });
  if (parts.length === 0) throw new S3Error('MalformedXML');
  if (parts.length > MAX_PART_NUMBER) throw new S3Error('MalformedXML');
  if (parts.some((part, index) => index > 0 && part.number <= (parts[index - 1] as ClaimedPart).number))
    throw new S3Error('InvalidPartOrder', { UploadId: upload.id });
  return parts;
}

function matchPart(upload: MultipartUpload, claim: ClaimedPart, isLast: boolean): UploadedPart {
  const part = upload.parts.get(claim.number);
  const names = { UploadId: upload.id, PartNumber: claim.number, ETag: claim.etag };
  if (part?.etag !== claim.etag) throw new S3Error('InvalidPart', names);
  checkPartChecksum(upload, claim, part, names);
  if (!isLast && part.body.size < MIN_PART_SIZE) {
    throw new S3Error('EntityTooSmall', {
      ProposedSize: part.body.size,
      MinSizeAllowed: MIN_PART_SIZE,
      PartNumber: claim.number,
      ETag: claim.etag,
    });
  }
  return part;
}

function checkPartChecksum(
  { checksum }: MultipartUpload,
  claim: ClaimedPart,
  part: UploadedPart,
  names: Record<string, string | number>,
): void {
  const own = claim.checksums.find(({ name }) => name === checksum.algorithm);
  const [other] = claim.checksums;
  if (checksum.listed && own) {
    if (own.value !== part.checksum()) throw new S3Error('InvalidPart', names);
  } else if (!checksum.listed && other) {
    throw new S3Error('InvalidPart', names);
  } else if (checksum.listed && checksum.type === 'COMPOSITE') {
    if (other)
      throw new S3Error(
        'BadDigest',
        {},
        `The ${other.name.toLowerCase()} you specified for part ${claim.number} did not match what we received.`,
      );
    throw new S3Error(
      'InvalidRequest',
      {},
      `The upload was created using a ${checksum.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${claim.number} in the request.`,
    );
  }
}

/** What the request says of the whole object: its size, its checksum. */
function checkWhole(call: S3Call, { checksum }: MultipartUpload, content: Content): void {
  const type = header(call, 'x-amz-checksum-type');
  if (type !== undefined && (!checksum.listed || type !== checksum.type)) {
    throw new S3Error(
      'InvalidRequest',
      {},
      `The upload was created using the ${checksum.listed ? checksum.type : 'null'} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  const size = header(call, 'x-amz-mp-object-size');
  if (size !== undefined && size !== String(content.body.size)) {
    throw new S3Error(
      'InvalidRequest',
      {},
      `The provided 'x-amz-mp-object-size' header value ${size} does not match what was computed: ${content.body.size}`,
    );
  }
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const claimed = header(call, checksumHeader(algorithm));
    if (claimed === undefined) continue;
    // S3 takes a full-object checksum only with its type beside it.
    const isTyped = type !== undefined || checksum.type === 'COMPOSITE' || !checksum.listed;
    const computed = isTyped ? content.checksum() : undefined;
    const values = [computed?.value, computed?.value.replace(/-\d+$/, '')];
    if (computed?.algorithm !== algorithm || !values.includes(claimed)) {
      throw new S3Error(
        'BadDigest',
        {},
        `The ${checksum.algorithm.toLowerCase()} you specified did not match the calculated checksum.`,
      );
    }
  }
}

function answer(call: S3Call, object: StoredObject): S3Answer {
  const { content } = object;
  const checksum = content.checksum();
  const checksums = checksum
    ? `${element(checksumElement(checksum.algorithm), checksum.value)}${element('ChecksumType', checksum.type)}`
    : '';
  const location = `http://${header(call, 'host') ?? 'localhost'}/${call.bucketName}/${encodePath(call.key)}`;
  const body = `${XML_DECLARATION}<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${element('Location', location)}${element('Bucket', call.bucketName)}${element('Key', call.key)}${element('ETag', quoted(content.etag))}${checksums}</CompleteMultipartUploadResult>`;
  return { status: 200, headers: [...encryptionHeaders(encryptionOf(object)), ...putVersionHeader(object)], body };
}
