import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketAclCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketEncryptionCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  DeleteObjectTaggingCommand,
  type Tag,
} from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { REGION, refusal, useS3 } from './support/server.js';

const server = useS3();
const send: ReturnType<typeof server>['client']['send'] = ((command: never) => server().client.send(command)) as never;
const LocationConstraint = REGION;
const create = (Bucket: string, more: object = {}) =>
  send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint }, ...more }));

describe('buckets', () => {
  it('a bucket is made, found, listed and removed when it is empty', async () => {
    expect(await create('made')).toMatchObject({ Location: '/made' });
    expect(await send(new HeadBucketCommand({ Bucket: 'made' }))).toMatchObject({ BucketRegion: REGION });
    expect((await send(new ListBucketsCommand({}))).Buckets).toMatchObject([{ Name: 'made', BucketRegion: REGION }]);
    await send(new PutObjectCommand({ Bucket: 'made', Key: 'k', Body: 'x' }));
    expect(await refusal(send(new DeleteBucketCommand({ Bucket: 'made' })))).toMatchObject({
      name: 'BucketNotEmpty',
      status: 409,
    });
    server().s3.deleteObject('made', 'k');
    await send(new DeleteBucketCommand({ Bucket: 'made' }));
    expect(await refusal(send(new HeadBucketCommand({ Bucket: 'made' })))).toMatchObject({
      name: 'NotFound',
      status: 404,
    });
    expect(await refusal(send(new GetObjectCommand({ Bucket: 'made', Key: 'k' })))).toMatchObject({
      name: 'NoSuchBucket',
      BucketName: 'made',
    });
  });

  it('a bucket that is yours already is not made again, nor one in another Region', async () => {
    await create('mine');
    expect(await refusal(create('mine'))).toMatchObject({ name: 'BucketAlreadyOwnedByYou', status: 409 });
    expect(
      await refusal(create('elsewhere', { CreateBucketConfiguration: { LocationConstraint: 'us-west-2' } })),
    ).toMatchObject({ name: 'IllegalLocationConstraintException' });
    expect((await server().sendSigned({ method: 'PUT', path: '/nowhere' })).text).toContain(
      '<Code>IllegalLocationConstraintException</Code>',
    );
  });

  it.each([
    'ab',
    'Upper',
    'under_score',
    'dot..dot',
    'dot.-dash',
    '192.168.0.1',
    '-dash',
    'x'.repeat(64),
    'xn--x',
    'x-s3alias',
  ])('%s is no name for a bucket', async (Bucket) => {
    expect((await server().sendSigned({ method: 'PUT', path: `/${Bucket}` })).text).toContain(
      '<Code>InvalidBucketName</Code>',
    );
  });

  it('buckets are listed by prefix, page by page', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) server().s3.createBucket(name);
    const first = await send(new ListBucketsCommand({ Prefix: 'page-', MaxBuckets: 2 }));
    expect(first.Buckets?.map(({ Name }) => Name)).toEqual(['page-1', 'page-2']);
    const rest = await send(
      new ListBucketsCommand({ Prefix: 'page-', MaxBuckets: 2, ContinuationToken: first.ContinuationToken }),
    );
    expect([rest.Buckets?.map(({ Name }) => Name), rest.ContinuationToken]).toEqual([['page-3'], undefined]);
  });

  it('a bucket has the settings of one that was made and left as it is', async () => {
    server().s3.createBucket('settings');
    const of = { Bucket: 'settings' };
    expect(await send(new GetBucketLocationCommand(of))).toMatchObject({ LocationConstraint: REGION });
    expect((await send(new GetBucketEncryptionCommand(of))).ServerSideEncryptionConfiguration?.Rules).toMatchObject([
      { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ]);
    expect((await send(new GetBucketVersioningCommand(of))).Status).toBeUndefined();
    expect((await send(new GetPublicAccessBlockCommand(of))).PublicAccessBlockConfiguration).toMatchObject({
      BlockPublicAcls: true,
    });
    expect((await send(new GetBucketAclCommand(of))).Grants).toMatchObject([{ Permission: 'FULL_CONTROL' }]);
    expect(await refusal(send(new GetBucketPolicyCommand(of)))).toMatchObject({
      name: 'NoSuchBucketPolicy',
      status: 404,
    });
    expect(await refusal(send(new GetBucketTaggingCommand(of)))).toMatchObject({ name: 'NoSuchTagSet', status: 404 });
  });
});

describe('what is not implemented', () => {
  beforeAll(() => {
    server().s3.createBucket('plain');
    server().s3.putObject('plain', 'k', Buffer.from('x'));
  });
  const put = (more: object) => send(new PutObjectCommand({ Bucket: 'plain', Key: 'refused', Body: 'x', ...more }));

  it('is refused by name, with 501, and nothing is stored', async () => {
    expect(await refusal(send(new PutBucketPolicyCommand({ Bucket: 'plain', Policy: '{}' })))).toMatchObject({
      name: 'NotImplemented',
      status: 501,
      Operation: 'PUT bucket?policy',
    });
    expect(await refusal(put({ WriteOffsetBytes: 3 }))).toMatchObject({ name: 'NotImplemented' });
    expect(server().s3.getObject('plain', 'refused')).toBeUndefined();
  });

  it('is refused as S3 refuses it, where S3 refuses it in any bucket with its defaults', async () => {
    expect(await refusal(put({ ACL: 'public-read' }))).toMatchObject({
      name: 'AccessControlListNotSupported',
      status: 400,
    });
    expect(await refusal(put({ GrantRead: 'id=1' }))).toMatchObject({ name: 'AccessControlListNotSupported' });
    expect(
      await refusal(put({ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: new Date('2100-01-01') })),
    ).toMatchObject({ name: 'InvalidRequest', message: 'Bucket is missing Object Lock Configuration' });
    expect(await refusal(send(new PutObjectAclCommand({ Bucket: 'plain', Key: 'k', ACL: 'private' })))).toMatchObject({
      name: 'AccessControlListNotSupported',
    });
    expect((await send(new GetObjectAclCommand({ Bucket: 'plain', Key: 'k' }))).Grants).toHaveLength(1);
    await put({ ACL: 'bucket-owner-full-control', ServerSideEncryption: 'AES256' });
  });

  it('takes an owner’s ACL in a bucket that was made with one, as rclone makes them', async () => {
    await send(new CreateBucketCommand({ Bucket: 'with-acls', ACL: 'private' }));
    const controls = await send(new GetBucketOwnershipControlsCommand({ Bucket: 'with-acls' }));
    expect(controls.OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerPreferred' }]);
    const putWith = (acl: 'private' | 'public-read') =>
      send(new PutObjectCommand({ Bucket: 'with-acls', Key: 'k', Body: 'x', ACL: acl }));
    await putWith('private');
    // Block Public Access is on by default.
    expect(await refusal(putWith('public-read'))).toMatchObject({ name: 'AccessDenied', status: 403 });
  });

  it.each([
    ['POST', '/plain', '', 501],
    ['GET', '/plain?inventory', '', 501],
    ['PUT', '/plain/k?torrent', '', 501],
    ['POST', '/plain/k?select', '', 501],
    ['POST', '/plain/k', '', 405],
    ['PATCH', '/plain/k', '', 405],
  ])('%s %s', async (method, path, body, status) => {
    const [plain = '', name] = path.split('?');
    expect((await server().sendSigned({ method, path: plain, query: name ? { [name]: '' } : {}, body })).status).toBe(
      status,
    );
  });
});

describe('tags', () => {
  const of = { Bucket: 'plain', Key: 'tagged' };
  const setTags = (TagSet: Tag[]) => send(new PutObjectTaggingCommand({ ...of, Tagging: { TagSet } }));
  beforeEach(() => {
    server().s3.createBucket('plain');
    server().s3.putObject('plain', 'tagged', Buffer.from('x'), { tags: { old: '1' } });
  });

  it('tags are read, replaced and removed, and the object stays as it was', async () => {
    const before = await send(new HeadObjectCommand(of));
    expect((await send(new GetObjectTaggingCommand(of))).TagSet).toEqual([{ Key: 'old', Value: '1' }]);
    await setTags([
      { Key: 'ünï', Value: 'a b' },
      { Key: 'b', Value: '' },
    ]);
    expect((await send(new GetObjectTaggingCommand(of))).TagSet).toEqual([
      { Key: 'b', Value: '' },
      { Key: 'ünï', Value: 'a b' },
    ]);
    await send(new DeleteObjectTaggingCommand(of));
    expect((await send(new GetObjectTaggingCommand(of))).TagSet).toEqual([]);
    expect((await send(new HeadObjectCommand(of))).ETag).toBe(before.ETag);
  });

  it('tags that S3 does not take are refused', async () => {
    expect(
      await refusal(setTags(Array.from({ length: 11 }, (_, index) => ({ Key: String(index), Value: '' })))),
    ).toMatchObject({ name: 'BadRequest' });
    expect(
      await refusal(
        setTags([
          { Key: 'a', Value: '' },
          { Key: 'a', Value: '' },
        ]),
      ),
    ).toMatchObject({ name: 'InvalidTag', TagKey: 'a' });
    expect(await refusal(setTags([{ Key: 'k'.repeat(129), Value: '' }]))).toMatchObject({ name: 'InvalidTag' });
    expect(await refusal(setTags([{ Key: 'aws:x', Value: '' }]))).toMatchObject({ name: 'InvalidTag' });
    expect(await refusal(setTags([{ Key: 'k', Value: 'a,b' }]))).toMatchObject({ name: 'InvalidTag' });
    expect(await refusal(send(new PutObjectCommand({ ...of, Body: 'x', Tagging: 'a=1&a=2' })))).toMatchObject({
      name: 'InvalidArgument',
    });
  });
});
