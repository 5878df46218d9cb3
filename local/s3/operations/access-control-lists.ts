import { type XmlElement, childText, readXml } from '../../http/xml-reader.js';
import { policyXml } from '../acl-answers.js';
import { askedAcl, canonicalUser, checkPublic, group } from '../acl-headers.js';
import { type AccessControlList, type Grant, type Grantee, PERMISSIONS, aclOf, ownersAcl } from '../acl.js';
import { changeObject } from '../change-object.js';
import { versionHeader } from '../version-headers.js';
import { digestedBody } from '../digested-body.js';
import { type Operation, bucketOf, objectOf } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';

/** A bucket's ACL says that the owner owns it: all others are refused where they are sent. */
export const getBucketAcl: Operation = (call) => {
  bucketOf(call);
  const { ownerId } = call.service;
  return { status: 200, body: policyXml(ownersAcl(ownerId), ownerId) };
};

export const putBucketAcl: Operation = (call) => {
  if (bucketOf(call).ownership === 'BucketOwnerEnforced') throw new S3Error('AccessControlListNotSupported');
  throw notImplemented({ operation: 'PutBucketAcl' });
};

export const getObjectAcl: Operation = (call) => {
  const bucket = bucketOf(call);
  const { ownerId } = call.service;
  const object = objectOf(call, bucket);
  return {
    status: 200,
    headers: versionHeader(bucket, object),
    body: policyXml(aclOf(bucket, object, ownerId), ownerId),
  };
};

/** Canned, by grants in headers, or by a document; by one of them. */
export const putObjectAcl: Operation = async (call) => {
  const before = bucketOf(call);
  objectOf(call, before, undefined, 'changes');
  if (before.ownership === 'BucketOwnerEnforced') throw new S3Error('AccessControlListNotSupported');
  const asked = askedAcl(call, before);
  const text = await digestedBody(call);
  if (asked && text !== '') throw new S3Error('UnexpectedContent');
  if (!asked && text === '') throw new S3Error('MissingSecurityHeader', { MissingHeaderName: 'x-amz-acl' });
  const acl = asked ?? readPolicy(text, call.service.ownerId);
  changeObject(call, (object, bucket) => ({ ...object, acl: checkPublic(acl, bucket) }));
  return { status: 200 };
};

/** That an owner who is not the object's is denied is a guess. */
function readPolicy(text: string, ownerId: string): AccessControlList {
  const document = readXml(text);
  const list = child(document, 'AccessControlList');
  if (document?.name !== 'AccessControlPolicy' || !list || list.children.length > MAX_GRANTS)
    throw new S3Error('MalformedACLError');
  const owner = child(document, 'Owner');
  if ((owner && childText(owner, 'ID')?.trim()) !== ownerId) throw new S3Error('AccessDenied');
  return list.children.map(readGrant);
}

const MAX_GRANTS = 100;

function readGrant(grant: XmlElement): Grant {
  const grantee = child(grant, 'Grantee');
  const permission = PERMISSIONS.find((each) => each === childText(grant, 'Permission')?.trim());
  if (grant.name !== 'Grant' || !grantee || !permission) throw new S3Error('MalformedACLError');
  return { grantee: readGrantee(grantee), permission };
}

/** Told by what it is named with: the type is an attribute, which says the same. */
function readGrantee(grantee: XmlElement): Grantee {
  const [id, uri] = [childText(grantee, 'ID')?.trim(), childText(grantee, 'URI')?.trim()];
  if (child(grantee, 'EmailAddress')) throw notImplemented({ parameter: 'EmailAddress' });
  if (id !== undefined) return canonicalUser(id, { ArgumentName: 'CanonicalUser/ID', ArgumentValue: id });
  if (uri !== undefined) return group(uri, { ArgumentName: 'Group/URI', ArgumentValue: uri });
  throw new S3Error('MalformedACLError');
}

const child = (parent: XmlElement | undefined, name: string) => parent?.children.find((each) => each.name === name);
