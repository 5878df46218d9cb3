import {
  type AccessControlList,
  GROUPS,
  type Grantee,
  type Permission,
  cannedAcl,
  isCannedAcl,
  isPublic,
  storedAcl,
} from './acl.js';
import type { Bucket } from './bucket.js';
import { type S3Call, header } from './s3-call.js';
import { S3Error, notImplemented } from './s3-error.js';

/**
 * What a new object is to have: undefined for the owner's. A copy has what its own request says; its source's does not come along.
 * @throws S3Error as `askedAcl`
 */
export function readAcl(call: S3Call, bucket: Bucket): AccessControlList | undefined {
  return storedAcl(askedAcl(call, bucket), call.service.ownerId);
}

/**
 * The ACL that headers name, canned or grant by grant; undefined where none does. Grants are all that it has then, the owner's
 * full control too only where they say so.
 * @throws S3Error `AccessControlListNotSupported` where the bucket has ACLs off, `AccessDenied` where public ones are blocked
 */
export function askedAcl(call: S3Call, bucket: Bucket | undefined): AccessControlList | undefined {
  const canned = header(call, 'x-amz-acl');
  const grants = Object.keys(GRANTS).filter((name) => header(call, name) !== undefined);
  if (canned === undefined && grants.length === 0) return undefined;
  if (canned !== undefined && !isCannedAcl(canned) && canned !== 'aws-exec-read')
    throw new S3Error('InvalidArgument', { ArgumentName: 'x-amz-acl', ArgumentValue: canned }, '');
  if (canned !== undefined && grants.length > 0)
    throw new S3Error('InvalidRequest', {}, 'Specifying both Canned ACLs and Header Grants is not allowed');
  const { ownerId } = call.service;
  if ((bucket?.ownership ?? 'BucketOwnerEnforced') === 'BucketOwnerEnforced') {
    if (canned === 'bucket-owner-full-control') return cannedAcl(canned, ownerId);
    throw new S3Error('AccessControlListNotSupported');
  }
  // It grants to an account of Amazon's.
  if (canned === 'aws-exec-read') throw notImplemented({ header: `x-amz-acl: ${canned}` });
  return checkPublic(canned === undefined ? readGrants(call, grants) : cannedAcl(canned, ownerId), bucket);
}

/** @throws S3Error `AccessDenied` where Block Public Access forbids it */
export function checkPublic(acl: AccessControlList, bucket: Bucket | undefined): AccessControlList {
  if (bucket?.publicAccessBlock?.BlockPublicAcls && isPublic(acl)) throw new S3Error('AccessDenied');
  return acl;
}

const GRANTS: Readonly<Record<string, Permission>> = {
  'x-amz-grant-full-control': 'FULL_CONTROL',
  'x-amz-grant-read': 'READ',
  'x-amz-grant-write': 'WRITE',
  'x-amz-grant-read-acp': 'READ_ACP',
  'x-amz-grant-write-acp': 'WRITE_ACP',
};

/** `id="…", uri="…"`: grantees of one permission, separated by commas. */
function readGrants(call: S3Call, names: readonly string[]): AccessControlList {
  return names.flatMap((name) => {
    const text = header(call, name) ?? '';
    return text.split(',').map((piece) => ({
      grantee: readGrantee(piece, { ArgumentName: name, ArgumentValue: text }),
      permission: GRANTS[name] as Permission,
    }));
  });
}

function readGrantee(text: string, argument: Record<string, string>): Grantee {
  const [, kind = '', value = ''] = /^(id|uri|emailAddress)\s*=\s*"?([^"\s]*)"?$/i.exec(text.trim()) ?? [];
  const named = kind.toLowerCase();
  if (named === 'id') return canonicalUser(value, argument);
  if (named === 'uri') return group(value, argument);
  if (named === 'emailaddress') throw notImplemented({ header: `${argument.ArgumentName}: emailAddress` });
  throw new S3Error('InvalidArgument', argument, 'Argument format not recognized');
}

/** @throws S3Error `InvalidArgument` */
export function canonicalUser(id: string, argument: Record<string, string>): Grantee {
  if (!/^[0-9a-f]{64}$/.test(id)) throw new S3Error('InvalidArgument', argument, 'Invalid id');
  return { type: 'CanonicalUser', id };
}

/** @throws S3Error `InvalidArgument` */
export function group(uri: string, argument: Record<string, string>): Grantee {
  if (!GROUPS.has(uri)) throw new S3Error('InvalidArgument', argument, 'Invalid group uri');
  return { type: 'Group', uri };
}
