import { Body } from '../body.js';
import { DEFAULT_ALGORITHM } from '../checksums.js';
import { checkedChecksum } from '../claimed-checksum.js';
import { Content } from '../content.js';
import { encryptionHeaders } from '../encryption/encryption-headers.js';
import { encryptedAs, etagUnder } from '../encryption/encryption.js';
import { requestedEncryption } from '../encryption/requested-encryption.js';
import { readHeld, withHeld } from '../held.js';
import { describeObject } from '../object-description.js';
import { checkDigest } from '../object-lock-headers.js';
import { objectChecksumHeaders } from '../object-headers.js';
import { type Operation, bucketOf, header, modificationTime, quoted } from '../s3-call.js';
import { parseStorageClass } from '../stored-object.js';
import { refuseUnsupportedWrite } from '../unsupported.js';
import { putVersionHeader } from '../version-headers.js';
import { checkKey, checkWriteConditions, writeObject } from '../write-object.js';

export const putObject: Operation = async (call) => {
  checkKey(call.key);
  refuseUnsupportedWrite(call);
  checkWriteConditions(call, bucketOf(call));
  const storageClass = parseStorageClass(header(call, 'x-amz-storage-class'));
  const description = describeObject(call.headers);
  const encryption = requestedEncryption(call, bucketOf(call));
  const held = readHeld(call, bucketOf(call));
  const payload = await call.payload();
  const body = Body.of(payload.data);
  const claim = checkedChecksum(call, payload, body);
  checkDigest(call, held?.lock, claim, 'Object');
  const content = Content.whole(body, claim?.algorithm ?? DEFAULT_ALGORITHM, {
    etag: etagUnder(encryption),
    checksum: claim?.value,
  });
  const object = { content, storageClass, lastModified: modificationTime(call), description };
  // The bucket is looked up again: it may have gone while the body came.
  const written = writeObject(call, bucketOf(call), withHeld(encryptedAs(object, encryption), held), 'PutObject');
  return {
    status: 200,
    headers: [
      ['etag', quoted(content.etag)],
      ...encryptionHeaders(encryption, 'writer'),
      ...putVersionHeader(written),
      ...objectChecksumHeaders(content),
    ],
  };
};
