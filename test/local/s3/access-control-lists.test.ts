import { gunzipSync } from 'node:zlib';
import {
  type AccessControlPolicy,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeletePublicAccessBlockCommand,
  GetBucketOwnershipControlsCommand,
  GetObjectAclCommand,
  GetPublicAccessBlockCommand,
  HeadObjectCommand,
  type ObjectCannedACL,
  type ObjectOwnership,
  PutBucketOwnershipControlsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { copySource, refusal, useS3 } from './support/server.js';

const server = useS3();
const send: ReturnType<typeof server>['client']['send'] = ((command: never) => server().client.send(command)) as never;
const OTHER = 'a'.repeat(64);
const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';
const AUTHENTICATED = 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers';

let run = 0;
let [Bucket, of] = ['', { Bucket: '', Key: 'k' }];
beforeEach(() => {
  run += 1;
  Bucket = `acls-${run}`;
  of = { Bucket, Key: 'k' };
  server().s3.createBucket(Bucket, { ownership: 'BucketOwnerPreferred' });
});

const put = (more: object = {}) => send(new PutObjectCommand({ ...of, Body: 'x', ...more }));
const setAcl = (more: object) => send(new PutObjectAclCommand({ ...of, ...more }));
const own = (ObjectOwnership: ObjectOwnership) =>
  send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } }));
const block = (BlockPublicAcls: boolean) =>
  send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls } }));
/** What is granted, in a line each; the owner, whose id the answer names, is called so. */
const grants = async (Key = 'k') => {
  const { Owner, Grants = [] } = await send(new GetObjectAclCommand({ Bucket, Key }));
  return Grants.map(({ Grantee, Permission }) => {
    const name = Grantee?.ID === Owner?.ID && Grantee?.ID ? 'owner' : (Grantee?.ID ?? Grantee?.URI);
    return `${name} ${Permission}`;
  });
};
const ownerId = async () => (await send(new GetObjectAclCommand(of))).Owner?.ID ?? '';
const OWNERS = ['owner FULL_CONTROL'];

describe('An object in a bucket with ACLs', () => {
  it.each<[ObjectCannedACL, string[]]>([
    ['private', []],
    ['bucket-owner-read', []],
    ['bucket-owner-full-control', []],
    ['public-read', [`${ALL_USERS} READ`]],
    ['public-read-write', [`${ALL_USERS} READ`, `${ALL_USERS} WRITE`]],
    ['authenticated-read', [`${AUTHENTICATED} READ`]],
  ])('has what the canned ACL %s grants', async (ACL, more) => {
    await block(false);
    await put({ ACL });
    expect(await grants()).toEqual([...OWNERS, ...more]);
    await put();
    expect(await grants()).toEqual(OWNERS);
    await setAcl({ ACL });
    expect(await grants()).toEqual([...OWNERS, ...more]);
  });

  it('has the grants of its headers, and no others', async () => {
    await put({ GrantRead: `id="${OTHER}"`, GrantFullControl: `id=${OTHER}` });
    expect(await grants()).toEqual([`${OTHER} FULL_CONTROL`, `${OTHER} READ`]);
    await setAcl({ GrantReadACP: `id="${OTHER}", uri="http://acs.amazonaws.com/groups/s3/LogDelivery"` });
    expect(await grants()).toEqual([`${OTHER} READ_ACP`, 'http://acs.amazonaws.com/groups/s3/LogDelivery READ_ACP']);
  });

  it('has the grants of a document, which stays what it was in all else', async () => {
    await put();
    const before = await send(new HeadObjectCommand(of));
    const AccessControlPolicy: AccessControlPolicy = {
      Owner: { ID: await ownerId() },
      Grants: [
        { Grantee: { Type: 'CanonicalUser', ID: await ownerId() }, Permission: 'FULL_CONTROL' },
        { Grantee: { Type: 'CanonicalUser', ID: OTHER }, Permission: 'WRITE_ACP' },
      ],
    };
    await setAcl({ AccessControlPolicy });
    expect(await grants()).toEqual([...OWNERS, `${OTHER} WRITE_ACP`]);
    expect(server().s3.getObject(Bucket, 'k')?.acl).toMatchObject([
      { permission: 'FULL_CONTROL' },
      { grantee: { type: 'CanonicalUser', id: OTHER }, permission: 'WRITE_ACP' },
    ]);
    const after = await send(new HeadObjectCommand(of));
    expect([after.ETag, after.LastModified]).toEqual([before.ETag, before.LastModified]);
    const { Grants } = await send(new GetObjectAclCommand(of));
    await setAcl({ AccessControlPolicy: { Owner: AccessControlPolicy.Owner, Grants } });
    expect(await grants()).toEqual([...OWNERS, `${OTHER} WRITE_ACP`]);
  });

  it('does not pass its ACL on to a copy, which may bring one', async () => {
    await put({ GrantRead: `id="${OTHER}"` });
    const copy = (Key: string, more: object = {}) =>
      send(new CopyObjectCommand({ Bucket, Key, CopySource: copySource(Bucket, 'k'), ...more }));
    await copy('plain');
    await copy('granted', { GrantFullControl: `id="${OTHER}"` });
    expect([await grants('plain'), await grants('granted')]).toEqual([OWNERS, [`${OTHER} FULL_CONTROL`]]);
  });

  it('in parts has the ACL that its upload was begun with', async () => {
    const { UploadId } = await send(new CreateMultipartUploadCommand({ ...of, GrantRead: `id="${OTHER}"` }));
    const { ETag } = await send(new UploadPartCommand({ ...of, UploadId, PartNumber: 1, Body: 'x' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await send(new CompleteMultipartUploadCommand({ ...of, UploadId, MultipartUpload }));
    expect(await grants()).toEqual([`${OTHER} READ`]);
  });

  it('is in an inventory with its grants', () => {
    const { s3 } = server();
    s3.putObject(Bucket, 'k', Buffer.from('x'), { acl: 'public-read' });
    const fields = ['ObjectAccessControlList'];
    const { dataKeys } = s3.deliverInventory({ bucket: Bucket, destinationBucket: Bucket, configId: 'i', fields });
    const [, , column = ''] = gunzipSync(s3.getObject(Bucket, dataKeys[0] ?? '')?.body ?? '')
      .toString()
      .split('","');
    expect(JSON.parse(Buffer.from(column, 'base64').toString())).toEqual({
      version: '2022-11-10',
      status: 'AVAILABLE',
      grants: [
        { canonicalId: expect.stringMatching(/^[0-9a-f]{64}$/), type: 'CanonicalUser', permission: 'FULL_CONTROL' },
        { uri: ALL_USERS, permission: 'READ', type: 'Group' },
      ],
    });
  });
});

describe('A public ACL', () => {
  const policy = async () => ({
    AccessControlPolicy: {
      Owner: { ID: await ownerId() },
      Grants: [{ Grantee: { Type: 'Group' as const, URI: AUTHENTICATED }, Permission: 'READ' as const }],
    },
  });

  it('is refused as long as Block Public Access is on, however it is sent', async () => {
    await put();
    for (const call of [
      () => put({ ACL: 'public-read' }),
      () => put({ GrantRead: `uri="${ALL_USERS}"` }),
      () => setAcl({ ACL: 'authenticated-read' }),
      async () => setAcl(await policy()),
    ])
      expect(await refusal(call())).toMatchObject({ name: 'AccessDenied', status: 403 });
    await block(false);
    await put({ GrantRead: `uri="${ALL_USERS}"` });
    await setAcl(await policy());
    expect(await grants()).toEqual([`${AUTHENTICATED} READ`]);
  });

  it('is taken when the block is removed, which a bucket then has not', async () => {
    const get = async () => (await send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration;
    await block(true);
    expect(await get()).toEqual({
      BlockPublicAcls: true,
      IgnorePublicAcls: false,
      BlockPublicPolicy: false,
      RestrictPublicBuckets: false,
    });
    await send(new DeletePublicAccessBlockCommand({ Bucket }));
    expect(await refusal(get())).toMatchObject({ name: 'NoSuchPublicAccessBlockConfiguration', status: 404 });
    await put({ ACL: 'public-read' });
  });
});

describe('Ownership', () => {
  it('switches ACLs on and off; those that objects have count when they are on', async () => {
    await own('ObjectWriter');
    await put({ GrantRead: `id="${OTHER}"` });
    await own('BucketOwnerEnforced');
    const controls = await send(new GetBucketOwnershipControlsCommand({ Bucket }));
    expect(controls.OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
    expect(await grants()).toEqual(OWNERS);
    for (const call of [
      () => put({ ACL: 'private' }),
      () => put({ GrantRead: `id="${OTHER}"` }),
      () => setAcl({ ACL: 'private' }),
    ])
      expect(await refusal(call())).toMatchObject({ name: 'AccessControlListNotSupported', status: 400 });
    await own('BucketOwnerPreferred');
    expect(await grants()).toEqual([`${OTHER} READ`]);
    expect(await refusal(own('Nobody' as never))).toMatchObject({ name: 'MalformedXML' });
  });
});

describe('An ACL is refused', () => {
  it.each([
    [{ ACL: 'secret' }, 'InvalidArgument'],
    [{ ACL: 'private', GrantRead: `id="${OTHER}"` }, 'InvalidRequest'],
    [{ GrantRead: 'id="1"' }, 'InvalidArgument'],
    [{ GrantRead: 'uri="http://example.com"' }, 'InvalidArgument'],
    [{ GrantRead: 'everyone' }, 'InvalidArgument'],
    [{ GrantRead: 'emailAddress="a@example.com"' }, 'NotImplemented'],
    [{ ACL: 'aws-exec-read' }, 'NotImplemented'],
  ])('that S3 would not take, or the engine does not: %j', async (acl, name) => {
    expect(await refusal(put(acl))).toMatchObject({ name });
    expect(server().s3.getObject(Bucket, 'k')).toBeUndefined();
  });

  it('as a document that says nothing, too much, or of another owner', async () => {
    await put();
    const Owner = { ID: await ownerId() };
    const Grants = [{ Grantee: { Type: 'CanonicalUser' as const, ID: OTHER }, Permission: 'READ' as const }];
    expect(await refusal(setAcl({}))).toMatchObject({ name: 'MissingSecurityHeader' });
    expect(await refusal(setAcl({ ACL: 'private', AccessControlPolicy: { Owner, Grants } }))).toMatchObject({
      name: 'UnexpectedContent',
    });
    expect(await refusal(setAcl({ AccessControlPolicy: { Owner: { ID: OTHER }, Grants } }))).toMatchObject({
      name: 'AccessDenied',
    });
    for (const wrong of [{ Permission: 'READ' as const }, { ...Grants[0], Permission: 'DANCE' as never }])
      expect(await refusal(setAcl({ AccessControlPolicy: { Owner, Grants: [wrong] } }))).toMatchObject({
        name: 'MalformedACLError',
        status: 400,
      });
    expect(await grants()).toEqual(OWNERS);
  });
});
