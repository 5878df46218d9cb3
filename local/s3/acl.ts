import type { Bucket } from './bucket.js';
import type { StoredObject } from './stored-object.js';

export const PERMISSIONS = ['FULL_CONTROL', 'READ', 'WRITE', 'READ_ACP', 'WRITE_ACP'] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** An account by its canonical user id (64 hex digits), or one of S3's groups. */
export type Grantee =
  | { readonly type: 'CanonicalUser'; readonly id: string }
  | { readonly type: 'Group'; readonly uri: string };

export interface Grant {
  readonly grantee: Grantee;
  readonly permission: Permission;
}

export type AccessControlList = readonly Grant[];

const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';
const AUTHENTICATED_USERS = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html */
export const GROUPS: ReadonlySet<string> = new Set([
  ALL_USERS,
  AUTHENTICATED_USERS,
  'http://acs.amazonaws.com/groups/s3/LogDelivery',
]);

/** What each grants beside the owner's full control. All buckets and objects are of one account, so some grant nothing more. */
const CANNED = {
  private: [],
  'bucket-owner-read': [],
  'bucket-owner-full-control': [],
  'public-read': [[ALL_USERS, 'READ']],
  'public-read-write': [
    [ALL_USERS, 'READ'],
    [ALL_USERS, 'WRITE'],
  ],
  'authenticated-read': [[AUTHENTICATED_USERS, 'READ']],
} as const satisfies Record<string, readonly (readonly [uri: string, permission: Permission])[]>;

export type CannedAcl = keyof typeof CANNED;

export const isCannedAcl = (name: string): name is CannedAcl => Object.hasOwn(CANNED, name);

export function cannedAcl(name: CannedAcl, ownerId: string): AccessControlList {
  const more = CANNED[name].map(([uri, permission]): Grant => ({ grantee: { type: 'Group', uri }, permission }));
  return [...ownersAcl(ownerId), ...more];
}

/** What a bucket, and an object without an ACL of its own, has. */
export function ownersAcl(ownerId: string): AccessControlList {
  return [{ grantee: { type: 'CanonicalUser', id: ownerId }, permission: 'FULL_CONTROL' }];
}

/** What an ACL is stored as: most are the owner's, and objects with that hold none. */
export function storedAcl(acl: AccessControlList | undefined, ownerId: string): AccessControlList | undefined {
  const [only, ...more] = acl ?? [];
  const isOwners =
    more.length === 0 &&
    only?.permission === 'FULL_CONTROL' &&
    only.grantee.type === 'CanonicalUser' &&
    only.grantee.id === ownerId;
  return isOwners ? undefined : acl;
}

/** The ACL that counts. Where ACLs are off, those that objects still have do not. */
export function aclOf({ ownership }: Bucket, { acl }: StoredObject, ownerId: string): AccessControlList {
  return acl && ownership !== 'BucketOwnerEnforced' ? acl : ownersAcl(ownerId);
}

/** Whether it grants something to strangers. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html */
export function isPublic(acl: AccessControlList): boolean {
  return acl.some(
    ({ grantee }) => grantee.type === 'Group' && (grantee.uri === ALL_USERS || grantee.uri === AUTHENTICATED_USERS),
  );
}
