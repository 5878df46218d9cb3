import { randomBytes } from 'node:crypto';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { type ChecksumType, DEFAULT_ALGORITHM } from '../checksums.js';
import { chosenAlgorithm } from '../claimed-checksum.js';
import { encryptionHeaders } from '../encryption/encryption-headers.js';
import { requestedEncryption } from '../encryption/requested-encryption.js';
import { readHeld } from '../held.js';
import type { MultipartUpload } from '../multipart-upload.js';
import { describeObject } from '../object-description.js';
import { type Operation, type S3Call, bucketOf, header, modificationTime } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import { parseStorageClass } from '../stored-object.js';
import { refuseUnsupportedWrite } from '../unsupported.js';
import { checkKey } from '../write-object.js';

export const createMultipartUpload: Operation = (call) => {
  checkKey(call.key);
  refuseUnsupportedWrite(call);
  const bucket = bucketOf(call);
  const upload: MultipartUpload = {
    id: randomBytes(72).toString('base64url'),
    key: call.key,
    initiatedAt: modificationTime(call),
    storageClass: parseStorageClass(header(call, 'x-amz-storage-class')),
    description: describeObject(call.headers),
    checksum: chooseChecksum(call),
    encryption: requestedEncryption(call, bucket),
    replaces: bucket.objects.get(call.key)?.content,
    parts: new Map(),
    // A default retention is the bucket's as it is now, and counts from now: a guess.
    held: readHeld(call, bucket),
  };
  bucket.uploads.set(upload.id, upload);
  const { algorithm, type, listed } = upload.checksum;
  return {
    status: 200,
    headers: [
      ...encryptionHeaders(upload.encryption, 'writer'),
      ...(listed
        ? ([
            ['x-amz-checksum-algorithm', algorithm],
            ['x-amz-checksum-type', type],
          ] as const)
        : []),
    ],
    body: `${XML_DECLARATION}<InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${element('Bucket', bucket.name)}${element('Key', call.key)}${element('UploadId', upload.id)}</InitiateMultipartUploadResult>`,
  };
};

export const abortMultipartUpload: Operation = (call) => {
  const bucket = bucketOf(call);
  if (header(call, 'x-amz-if-match-initiated-time') !== undefined)
    throw new S3Error('NotImplemented', { Header: 'x-amz-if-match-initiated-time' });
  bucket.uploads.delete(uploadOf(call).id);
  return { status: 204 };
};

/** @throws S3Error `NoSuchUpload` */
export function uploadOf(call: S3Call): MultipartUpload {
  const id = call.query.get('uploadId') ?? '';
  const upload = bucketOf(call).uploads.get(id);
  if (upload?.key !== call.key) throw new S3Error('NoSuchUpload', { UploadId: id });
  return upload;
}

/** Which checksum the object will have: SHA only of the parts' checksums, CRC64NVME only of the whole, the other CRCs of either. */
function chooseChecksum(call: S3Call): MultipartUpload['checksum'] {
  const algorithm = chosenAlgorithm(call);
  const type = header(call, 'x-amz-checksum-type');
  if (algorithm === undefined) {
    if (type !== undefined)
      throw new S3Error(
        'InvalidRequest',
        {},
        'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
      );
    return { algorithm: DEFAULT_ALGORITHM, type: 'FULL_OBJECT', listed: false };
  }
  if (type !== undefined && type !== 'COMPOSITE' && type !== 'FULL_OBJECT')
    throw new S3Error('InvalidRequest', {}, 'Value for x-amz-checksum-type header is invalid.');
  const chosen: ChecksumType = type ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (
    (chosen === 'COMPOSITE' && algorithm === 'CRC64NVME') ||
    (chosen === 'FULL_OBJECT' && algorithm.startsWith('SHA'))
  ) {
    throw new S3Error(
      'InvalidRequest',
      {},
      `The ${chosen} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return { algorithm, type: chosen, listed: true };
}
