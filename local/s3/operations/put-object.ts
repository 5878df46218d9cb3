import { Body } from '../body.js';
import { DEFAULT_ALGORITHM } from '../checksums.js';
import { checkedChecksum } from '../claimed-checksum.js';
import { Content } from '../content.js';
import { readHeld, withHeld } from '../held.js';
import { describeObject } from '../object-description.js';
import { checkDigest } from '../object-lock-headers.js';
import { objectChecksumHeaders } from '../object-headers.js';
import { type Operation, bucketOf, header, modificationTime, quoted } from '../s3-call.js';
import { parseStorageClass } from '../stored-object.js';
import { refuseUnsupportedWrite } from '../unsupported.js';
import { checkKey, checkWriteConditions, writeObject } from '../write-object.js';

export const putObject: Operation = async (call) => {
  checkKey(call.key);
  refuseUnsupportedWrite(call);
  checkWriteConditions(call, bucketOf(call));
  const storageClass = parseStorageClass(header(call, 'x-amz-storage-class'));
  const description = describeObject(call.headers);
  const held = readHeld(call, bucketOf(call));
  const payload = await call.payload();
  const body = Body.of(payload.data);
  const claim = checkedChecksum(call, payload, body);
  checkDigest(call, held?.lock, claim, 'Object');
  const content = Content.whole(body, claim?.algorithm ?? DEFAULT_ALGORITHM, { checksum: claim?.value });
  // The bucket is looked up again: it may have gone while the body came.
  const object = { content, storageClass, lastModified: modificationTime(call), description };
  writeObject(call, bucketOf(call), withHeld(object, held));
  return {
    status: 200,
    headers: [
      ['etag', quoted(content.etag)],
      ['x-amz-server-side-encryption', 'AES256'],
      ...objectChecksumHeaders(content),
    ],
  };
};
