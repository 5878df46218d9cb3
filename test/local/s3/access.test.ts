import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { Identities } from '../../../local/access/identities.js';
import { KEY, REGION, copySource, refusal, useS3 } from './support/server.js';

const ROLE = 'arn:aws:iam::123456789012:role/service/reader';
const USER = 'User: arn:aws:sts::123456789012:assumed-role/reader/embedded is not authorized to perform:';
const roleKey = { accessKeyId: 'AKIDROLE', secretAccessKey: 'role-secret' };
const identities = new Identities(KEY);
identities.add({ ...roleKey, principalArn: ROLE });

/** By action; or by action and ARN. */
const denied = new Set<string>();
const told: [call: AwsCall, allowed: boolean][] = [];
const server = useS3({
  credentials: identities,
  access: {
    permits: ({ action, resource }) => !denied.has(action) && !denied.has(`${action} ${resource}`),
    onCall: (call, allowed) => void told.push([call, allowed]),
  },
});
let send: ReturnType<typeof server>['client']['send'];
let etag = '';

beforeAll(() => {
  const client = server().clientWith({ credentials: roleKey });
  send = ((command: never) => client.send(command)) as never;
});
beforeEach(() => {
  const { s3 } = server();
  denied.clear();
  s3.createBucket('guarded');
  s3.createBucket('owned', { ownership: 'BucketOwnerPreferred' });
  ({ etag } = s3.putObject('guarded', 'k', Buffer.from('x')));
  s3.putObject('guarded', 'tagged', Buffer.from('x'), { tags: { colour: 'red' } });
  s3.putObject('guarded', 'cold', Buffer.from('x'), { storageClass: 'GLACIER' });
  told.length = 0;
});

/** What was asked for, in a line each; ARNs without what all of them begin with. */
const calls = () => told.map(([{ action, resource }]) => `${action} ${resource.replace('arn:aws:s3:::', '')}`);

describe('Whoever may not', () => {
  it('whoever may not list is not told what is missing: 403 instead of 404', async () => {
    denied.add('s3:ListBucket');
    expect(await refusal(send(new HeadObjectCommand({ Bucket: 'guarded', Key: 'missing' })))).toMatchObject({
      status: 403,
    });
    expect(await refusal(send(new GetObjectCommand({ Bucket: 'guarded', Key: 'missing' })))).toMatchObject({
      name: 'AccessDenied',
      status: 403,
      message: `${USER} s3:ListBucket on resource: "arn:aws:s3:::guarded" because no identity-based policy allows the s3:ListBucket action`,
    });
    const lookUp = ['s3:GetObject guarded/missing', 's3:ListBucket guarded'];
    expect(calls()).toEqual([...lookUp, ...lookUp]);
    told.length = 0;
    await send(new GetObjectCommand({ Bucket: 'guarded', Key: 'k' }));
    expect(calls()).toEqual(['s3:GetObject guarded/k']);
    denied.clear();
    expect(await refusal(send(new GetObjectCommand({ Bucket: 'guarded', Key: 'missing' })))).toMatchObject({
      name: 'NoSuchKey',
      status: 404,
    });
  });

  it('is not told of a delete marker either', async () => {
    denied.add('s3:ListBucket');
    server().s3.createBucket('marked', { versioning: 'Enabled' });
    server().s3.deleteObject('marked', 'k');
    const get = () => refusal(send(new GetObjectCommand({ Bucket: 'marked', Key: 'k' })));
    expect(await get()).toMatchObject({ name: 'AccessDenied', status: 403 });
    denied.clear();
    expect(await get()).toMatchObject({ name: 'NoSuchKey', status: 404 });
  });

  it('is told what, in S3’s words', async () => {
    denied.add('s3:GetObject').add('s3:ListAllMyBuckets');
    expect(await refusal(send(new GetObjectCommand({ Bucket: 'guarded', Key: 'k' })))).toMatchObject({
      name: 'AccessDenied',
      status: 403,
      message: `${USER} s3:GetObject on resource: "arn:aws:s3:::guarded/k" because no identity-based policy allows the s3:GetObject action`,
    });
    expect(await refusal(send(new ListBucketsCommand({})))).toMatchObject({
      message: `${USER} s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action`,
    });
    expect(told.map(([, allowed]) => allowed)).toEqual([false, false]);
  });

  it('is told first of a bucket that does not exist', async () => {
    denied.add('s3:GetObject');
    expect(await refusal(send(new GetObjectCommand({ Bucket: 'no-bucket', Key: 'k' })))).toMatchObject({
      name: 'NoSuchBucket',
    });
    expect(calls()).toEqual([]);
  });

  it('deleting many asks for each, and tells which were denied', async () => {
    denied.add('s3:DeleteObject arn:aws:s3:::guarded/k').add('s3:DeleteObjectVersion');
    const answer = await send(
      new DeleteObjectsCommand({
        Bucket: 'guarded',
        Delete: { Objects: [{ Key: 'k' }, { Key: 'l' }, { Key: 'm', VersionId: 'null' }] },
      }),
    );
    const Message = `${USER} s3:DeleteObject on resource: "arn:aws:s3:::guarded/k" because no identity-based policy allows the s3:DeleteObject action`;
    expect(answer.Errors).toMatchObject([
      { Key: 'k', Code: 'AccessDenied', Message },
      { Key: 'm', Code: 'AccessDenied' },
    ]);
    expect(answer.Deleted).toMatchObject([{ Key: 'l' }]);
    expect(server().s3.getObject('guarded', 'k')).toBeDefined();
  });

  it('does not sign as the account’s root, who may do everything and is recorded too', async () => {
    denied.add('s3:GetObject');
    await server().client.send(new GetObjectCommand({ Bucket: 'guarded', Key: 'k' }));
    expect(told).toEqual([[expect.objectContaining({ principal: 'arn:aws:iam::123456789012:root' }), true]]);
  });
});

describe('A copy', () => {
  const copy = (Key: string, more: object = {}) =>
    send(new CopyObjectCommand({ Bucket: 'guarded', Key: 'copy', CopySource: copySource('guarded', Key), ...more }));

  it('a copy needs to read its source and to write its destination', async () => {
    await copy('k');
    expect(told.map(([{ principal }]) => principal)).toEqual([ROLE, ROLE]);
    expect(calls()).toEqual(['s3:GetObject guarded/k', 's3:PutObject guarded/copy']);
    for (const action of ['s3:GetObject', 's3:PutObject']) {
      denied.clear();
      denied.add(action);
      expect(await refusal(copy('k'))).toMatchObject({ name: 'AccessDenied', status: 403 });
    }
  });

  it('needs to read and to write tags where its source has some that come along', async () => {
    await copy('tagged');
    expect(calls()).toEqual([
      's3:GetObject guarded/tagged',
      's3:GetObjectTagging guarded/tagged',
      's3:PutObject guarded/copy',
      's3:PutObjectTagging guarded/copy',
    ]);
    for (const action of ['s3:GetObjectTagging', 's3:PutObjectTagging']) {
      denied.clear();
      denied.add(action);
      expect(await refusal(copy('tagged'))).toMatchObject({ name: 'AccessDenied' });
    }
    denied.clear();
    denied.add('s3:GetObjectTagging');
    await copy('tagged', { TaggingDirective: 'REPLACE', Tagging: 'colour=blue' });
    denied.add('s3:PutObjectTagging');
    await copy('tagged', { TaggingDirective: 'REPLACE' });
    await copy('k');
    expect(server().s3.getObject('guarded', 'copy')?.tags.size).toBe(0);
  });

  it('of a version needs the actions of versions', async () => {
    const CopySource = `${copySource('guarded', 'tagged')}?versionId=null`;
    await send(new CopyObjectCommand({ Bucket: 'guarded', Key: 'copy', CopySource }));
    expect(calls()).toEqual([
      's3:GetObjectVersion guarded/tagged',
      's3:GetObjectVersionTagging guarded/tagged',
      's3:PutObject guarded/copy',
      's3:PutObjectTagging guarded/copy',
    ]);
  });

  it('onto what has to be as expected needs to read that too', async () => {
    server().s3.putObject('guarded', 'copy', Buffer.from('x'));
    await copy('k', { IfMatch: etag });
    expect(calls()).toEqual(['s3:GetObject guarded/k', 's3:PutObject guarded/copy', 's3:GetObject guarded/copy']);
    denied.add('s3:GetObject arn:aws:s3:::guarded/copy');
    expect(await refusal(copy('k', { IfMatch: etag }))).toMatchObject({ name: 'AccessDenied' });
    expect(await refusal(copy('k', { IfNoneMatch: '*' }))).toMatchObject({ name: 'PreconditionFailed' });
  });
});

describe('A request is recorded by what it does', () => {
  const guarded = { Bucket: 'guarded', Key: 'k' };
  const version = { ...guarded, VersionId: 'null' };
  const ObjectAttributes = ['ETag' as const];
  const Tagging = { TagSet: [{ Key: 'a', Value: 'b' }] };
  it.each([
    ['ListBuckets', new ListBucketsCommand({}), ['s3:ListAllMyBuckets *']],
    ['HeadBucket', new HeadBucketCommand({ Bucket: 'guarded' }), ['s3:ListBucket guarded']],
    [
      'GetBucketEncryption',
      new GetBucketEncryptionCommand({ Bucket: 'guarded' }),
      ['s3:GetEncryptionConfiguration guarded'],
    ],
    ['ListObjectsV2', new ListObjectsV2Command({ Bucket: 'guarded' }), ['s3:ListBucket guarded']],
    ['HeadObject', new HeadObjectCommand(guarded), ['s3:GetObject guarded/k']],
    ['HeadObject of a version', new HeadObjectCommand(version), ['s3:GetObjectVersion guarded/k']],
    ['GetObject of a version', new GetObjectCommand(version), ['s3:GetObjectVersion guarded/k']],
    [
      'GetObjectAttributes',
      new GetObjectAttributesCommand({ ...guarded, ObjectAttributes }),
      ['s3:GetObject guarded/k', 's3:GetObjectAttributes guarded/k'],
    ],
    [
      'GetObjectAttributes of a version',
      new GetObjectAttributesCommand({ ...version, ObjectAttributes }),
      ['s3:GetObjectVersion guarded/k', 's3:GetObjectVersionAttributes guarded/k'],
    ],
    ['GetObjectTagging', new GetObjectTaggingCommand(guarded), ['s3:GetObjectTagging guarded/k']],
    ['GetObjectTagging of a version', new GetObjectTaggingCommand(version), ['s3:GetObjectVersionTagging guarded/k']],
    [
      'PutObjectTagging of a version',
      new PutObjectTaggingCommand({ ...version, Tagging }),
      ['s3:PutObjectVersionTagging guarded/k'],
    ],
    [
      'DeleteObjectTagging of a version',
      new DeleteObjectTaggingCommand(version),
      ['s3:DeleteObjectVersionTagging guarded/k'],
    ],
    ['PutObject', new PutObjectCommand({ ...guarded, Body: 'x' }), ['s3:PutObject guarded/k']],
    [
      'PutObject with tags',
      new PutObjectCommand({ ...guarded, Body: 'x', Tagging: 'a=b' }),
      ['s3:PutObject guarded/k', 's3:PutObjectTagging guarded/k'],
    ],
    [
      'PutObject with an ACL',
      new PutObjectCommand({ ...guarded, Body: 'x', ACL: 'bucket-owner-full-control' }),
      ['s3:PutObject guarded/k', 's3:PutObjectAcl guarded/k'],
    ],
    [
      'RestoreObject',
      new RestoreObjectCommand({ Bucket: 'guarded', Key: 'cold', RestoreRequest: { Days: 1 } }),
      ['s3:RestoreObject guarded/cold'],
    ],
    [
      'DeletePublicAccessBlock',
      new DeletePublicAccessBlockCommand({ Bucket: 'guarded' }),
      ['s3:PutBucketPublicAccessBlock guarded'],
    ],
    [
      'PutObject with grants',
      new PutObjectCommand({ Bucket: 'owned', Key: 'k', Body: 'x', GrantRead: `id="${'a'.repeat(64)}"` }),
      ['s3:PutObject owned/k', 's3:PutObjectAcl owned/k'],
    ],
    ['DeleteObject', new DeleteObjectCommand(guarded), ['s3:DeleteObject guarded/k']],
    ['DeleteObject of a version', new DeleteObjectCommand(version), ['s3:DeleteObjectVersion guarded/k']],
    [
      'DeleteObject of what is there',
      new DeleteObjectCommand({ ...guarded, IfMatch: '*' }),
      ['s3:DeleteObject guarded/k'],
    ],
  ])('%s', async (_title, command, expected) => {
    await send(command as never);
    expect(calls()).toEqual(expected);
  });

  it('a delete of what has to be as expected needs to read it', async () => {
    await send(new DeleteObjectCommand({ ...guarded, IfMatch: etag }));
    await send(
      new DeleteObjectsCommand({
        Bucket: 'guarded',
        Delete: { Objects: [{ Key: 'tagged', ETag: etag }, { Key: 'l' }] },
      }),
    );
    expect(calls()).toEqual([
      's3:DeleteObject guarded/k',
      's3:GetObject guarded/k',
      's3:DeleteObject guarded/tagged',
      's3:GetObject guarded/tagged',
      's3:DeleteObject guarded/l',
    ]);
  });

  it('deletions of versions, and the versioning of a bucket and their listing', async () => {
    const Bucket = 'versioned';
    const { s3 } = server();
    s3.createBucket(Bucket, { versioning: 'Enabled' });
    const { versionId: VersionId } = s3.putObject(Bucket, 'k', Buffer.from('x'), { tags: { colour: 'red' } });
    s3.putObject(Bucket, 'k', Buffer.from('no tags'));
    await send(new GetBucketVersioningCommand({ Bucket }));
    await send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    await send(new ListObjectVersionsCommand({ Bucket }));
    // Tags come along from the version that is copied, not from the current one.
    const CopySource = `${copySource(Bucket, 'k')}?versionId=${VersionId}`;
    await send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource }));
    await send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k', VersionId }, { Key: 'k' }] } }));
    expect(calls()).toEqual([
      's3:GetBucketVersioning versioned',
      's3:PutBucketVersioning versioned',
      's3:ListBucketVersions versioned',
      's3:GetObjectVersion versioned/k',
      's3:GetObjectVersionTagging versioned/k',
      's3:PutObject versioned/c',
      's3:PutObjectTagging versioned/c',
      's3:DeleteObjectVersion versioned/k',
      's3:DeleteObject versioned/k',
    ]);
    const asked = told.filter(([{ context }]) => context['s3:VersionId'] === VersionId);
    expect(asked.map(([{ action }]) => action)).toEqual([
      's3:GetObjectVersion',
      's3:GetObjectVersionTagging',
      's3:DeleteObjectVersion',
    ]);
  });

  it('a bucket', async () => {
    const CreateBucketConfiguration = { LocationConstraint: REGION } as never;
    await send(
      new CreateBucketCommand({ Bucket: 'made', CreateBucketConfiguration, ObjectOwnership: 'BucketOwnerEnforced' }),
    );
    expect(calls()).toEqual(['s3:CreateBucket made', 's3:PutBucketOwnershipControls made']);
  });

  it('a multipart upload', async () => {
    const { UploadId } = await send(new CreateMultipartUploadCommand(guarded));
    const upload = { ...guarded, UploadId };
    await send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' }));
    const CopySource = copySource('guarded', 'tagged');
    const part = await send(new UploadPartCopyCommand({ ...upload, PartNumber: 1, CopySource }));
    await send(new ListPartsCommand(upload));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.CopyPartResult?.ETag }] };
    await send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
    expect(calls()).toEqual([
      's3:PutObject guarded/k',
      's3:PutObject guarded/k',
      's3:GetObject guarded/tagged',
      's3:PutObject guarded/k',
      's3:ListMultipartUploadParts guarded/k',
      's3:PutObject guarded/k',
    ]);
    expect(told.map(([{ context }]) => context['s3:ObjectCreationOperation'])).toEqual([
      'false',
      'false',
      undefined,
      'false',
      undefined,
      'true',
    ]);
  });
});

describe('The condition keys', () => {
  const context = async (sent: Promise<unknown>, action: string) => {
    await sent;
    return told.find(([call]) => call.action === action)?.[0].context;
  };

  it('of a listing say what is listed, as far as the request does', async () => {
    const of = (more: object) =>
      context(send(new ListObjectsV2Command({ Bucket: 'guarded', ...more })), 's3:ListBucket');
    expect(await of({ Prefix: 'a/', Delimiter: '/', MaxKeys: 5 })).toMatchObject({
      's3:prefix': 'a/',
      's3:delimiter': '/',
      's3:max-keys': '5',
    });
    told.length = 0;
    expect(Object.keys((await of({})) ?? {})).toEqual([
      'aws:ResourceAccount',
      's3:ResourceAccount',
      's3:authType',
      's3:signatureversion',
    ]);
  });

  it('of a copy are those of its destination', async () => {
    const CopySource = copySource('guarded', 'k');
    const sent = send(new CopyObjectCommand({ Bucket: 'guarded', Key: 'c', CopySource, StorageClass: 'GLACIER_IR' }));
    expect(await context(sent, 's3:PutObject')).toMatchObject({
      's3:ResourceAccount': '123456789012',
      's3:x-amz-copy-source': 'guarded/k',
      's3:x-amz-storage-class': 'GLACIER_IR',
      's3:ObjectCreationOperation': 'true',
    });
    expect(await context(sent, 's3:GetObject')).not.toHaveProperty(['s3:x-amz-copy-source']);
  });

  it('of a write say its conditions', async () => {
    const put = (more: object) => send(new PutObjectCommand({ Bucket: 'guarded', Key: 'k', Body: 'x', ...more }));
    expect(await context(put({ IfMatch: `"${etag}"` }), 's3:PutObject')).toMatchObject({ 's3:if-match': etag });
    told.length = 0;
    const made = put({ IfNoneMatch: '*', Key: 'new', ACL: 'bucket-owner-full-control' });
    expect(await context(made, 's3:PutObject')).toMatchObject({
      's3:if-none-match': '*',
      's3:x-amz-acl': 'bucket-owner-full-control',
    });
  });
});
