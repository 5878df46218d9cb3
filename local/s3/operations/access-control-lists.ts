import { XML_DECLARATION } from '../../http/xml.js';
import { type Operation, type S3Call, bucketOf, objectOf } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';

/** An ACL says that the owner owns it: all others are refused where they are sent. */
export const getBucketAcl: Operation = (call) => {
  bucketOf(call);
  return ownersAcl(call);
};

export const getObjectAcl: Operation = (call) => {
  objectOf(call, bucketOf(call));
  return ownersAcl(call);
};

export const putAcl: Operation = (call) => {
  const bucket = bucketOf(call);
  if (call.key !== '') objectOf(call, bucket, undefined, 'changes');
  if (bucket.ownership === 'BucketOwnerEnforced') throw new S3Error('AccessControlListNotSupported');
  throw notImplemented({ operation: call.key === '' ? 'PutBucketAcl' : 'PutObjectAcl' });
};

function ownersAcl({ service: { ownerId } }: S3Call) {
  const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>${ownerId}</ID></Grantee>`;
  return {
    status: 200,
    body: `${XML_DECLARATION}<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>${ownerId}</ID></Owner><AccessControlList><Grant>${grantee}<Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>`,
  };
}
