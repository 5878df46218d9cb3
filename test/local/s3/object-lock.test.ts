import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type ObjectLockConfiguration,
  type ObjectLockRetention,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { Identities } from '../../../local/access/identities.js';
import { ManualClock } from '../step-functions/support/manual-clock.js';
import { KEY, REGION, copySource, refusal, useS3 } from './support/server.js';

const DAY = 86_400_000;
const NOW = Date.parse('2026-03-01T12:00:00Z');
const clock = new ManualClock();
const roleKey = { accessKeyId: 'AKIDROLE', secretAccessKey: 'role-secret' };
const identities = new Identities(KEY);
identities.add({ ...roleKey, principalArn: 'arn:aws:iam::123456789012:role/keeper' });
const denied = new Set<string>();
const asked: string[] = [];
let context: AwsCall['context'] = {};
const server = useS3({
  clock,
  credentials: identities,
  access: {
    permits: ({ action }) => !denied.has(action),
    onCall: (call) => {
      asked.push(call.action);
      ({ context } = call);
    },
  },
});
let send: ReturnType<typeof server>['client']['send'];

beforeAll(async () => {
  await clock.advance(NOW);
  const client = server().clientWith({ credentials: roleKey });
  send = ((command: never) => client.send(command)) as never;
  server().s3.createBucket('plain');
});

let run = 0;
let [Bucket, of] = ['', { Bucket: '', Key: 'kept' }];
beforeEach(() => {
  run += 1;
  Bucket = `locked-${run}`;
  of = { Bucket, Key: 'kept' };
  server().s3.createBucket(Bucket, { objectLock: true });
  denied.clear();
  asked.length = 0;
});

const inDays = (days: number) => new Date(clock.now() + days * DAY);
const put = (more: object = {}) => send(new PutObjectCommand({ ...of, Body: 'x', ...more }));
const head = () => send(new HeadObjectCommand(of));
const lockOf = async () => {
  const { ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus } = await head();
  return [ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus];
};
const retain = (Retention: ObjectLockRetention, BypassGovernanceRetention?: boolean) =>
  send(
    new PutObjectRetentionCommand({
      ...of,
      Retention,
      ...(BypassGovernanceRetention && { BypassGovernanceRetention }),
    }),
  );
const hold = (Status: 'ON' | 'OFF') => send(new PutObjectLegalHoldCommand({ ...of, LegalHold: { Status } }));
const configure = (configuration: ObjectLockConfiguration, bucket = Bucket) =>
  send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration: configuration }));
const byDefault = (Mode: 'GOVERNANCE' | 'COMPLIANCE', period: { Days: number } | { Years: number }) =>
  ({ ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode, ...period } } }) as const;
const governed = () => ({ ObjectLockMode: 'GOVERNANCE' as const, ObjectLockRetainUntilDate: inDays(10) });

describe('A bucket with Object Lock', () => {
  it('is made so, and says what it locks its objects with', async () => {
    const CreateBucketConfiguration = { LocationConstraint: REGION } as never;
    await send(
      new CreateBucketCommand({ Bucket: 'made-locked', CreateBucketConfiguration, ObjectLockEnabledForBucket: true }),
    );
    expect(asked).toEqual(['s3:CreateBucket', 's3:PutBucketObjectLockConfiguration', 's3:PutBucketVersioning']);
    const get = async () => {
      const answer = await send(new GetObjectLockConfigurationCommand({ Bucket: 'made-locked' }));
      return answer.ObjectLockConfiguration;
    };
    expect(await get()).toEqual({ ObjectLockEnabled: 'Enabled' });
    await configure(byDefault('GOVERNANCE', { Years: 2 }), 'made-locked');
    expect(await get()).toEqual(byDefault('GOVERNANCE', { Years: 2 }));
    await configure({ ObjectLockEnabled: 'Enabled' }, 'made-locked');
    expect(await get()).toEqual({ ObjectLockEnabled: 'Enabled' });
  });

  it('has versioning, which cannot be suspended', async () => {
    const version = async (Status: 'Enabled' | 'Suspended') =>
      send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
    const CreateBucketConfiguration = { LocationConstraint: REGION } as never;
    Bucket = 'made-versioned';
    await send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration, ObjectLockEnabledForBucket: true }));
    expect((await send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
    expect(await refusal(version('Suspended'))).toMatchObject({
      name: 'InvalidBucketState',
      status: 409,
      message: 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    });
    await version('Enabled');
  });

  it('may be one that had versioning before, and was not suspended', async () => {
    const { s3 } = server();
    s3.createBucket('versioned', { versioning: 'Enabled' });
    of = { Bucket: 'versioned', Key: 'kept' };
    await put();
    await send(
      new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration: { Status: 'Suspended' } }),
    );
    const lock = () => configure(byDefault('GOVERNANCE', { Days: 1 }), 'versioned');
    expect(await refusal(lock())).toMatchObject({ name: 'InvalidBucketState', status: 409 });
    await send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration: { Status: 'Enabled' } }));
    await lock();
    expect(await lockOf()).toEqual([undefined, undefined, undefined]);
    await put();
    expect(await lockOf()).toEqual(['GOVERNANCE', inDays(1), undefined]);
  });

  it('locks with its default what brings no lock of its own', async () => {
    await configure(byDefault('COMPLIANCE', { Days: 30 }));
    await put();
    expect(await lockOf()).toEqual(['COMPLIANCE', inDays(30), undefined]);
    await put({ ...governed(), ObjectLockLegalHoldStatus: 'ON' });
    expect(await lockOf()).toEqual(['GOVERNANCE', inDays(10), 'ON']);
    await send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: copySource(Bucket, 'kept') }));
    of = { Bucket, Key: 'copy' };
    expect(await lockOf()).toEqual(['COMPLIANCE', inDays(30), undefined]);
  });

  it('refuses a default that makes no sense, and so does a bucket without Object Lock refuse any', async () => {
    expect(await refusal(configure(byDefault('GOVERNANCE', { Days: 0 })))).toMatchObject({ name: 'InvalidArgument' });
    for (const wrong of [{ Days: 1, Years: 1 }, {} as { Days: number }])
      expect(await refusal(configure(byDefault('GOVERNANCE', wrong)))).toMatchObject({ name: 'MalformedXML' });
    expect(await refusal(configure(byDefault('GOVERNANCE', { Days: 1 }), 'plain'))).toMatchObject({
      name: 'InvalidBucketState',
      status: 409,
    });
    expect(await refusal(send(new GetObjectLockConfigurationCommand({ Bucket: 'plain' })))).toMatchObject({
      name: 'ObjectLockConfigurationNotFoundError',
      status: 404,
    });
  });
});

describe('A locked object', () => {
  it('says so to whoever may know, and is locked by those who may lock', async () => {
    await put({ ...governed(), ObjectLockLegalHoldStatus: 'ON' });
    expect(asked).toEqual(['s3:PutObject', 's3:PutObjectRetention', 's3:PutObjectLegalHold']);
    expect(context).toMatchObject({ 's3:object-lock-mode': 'GOVERNANCE', 's3:object-lock-legal-hold': 'ON' });
    expect(await lockOf()).toEqual(['GOVERNANCE', inDays(10), 'ON']);
    denied.add('s3:GetObjectRetention');
    expect(await lockOf()).toEqual([undefined, undefined, 'ON']);
    denied.add('s3:GetObjectLegalHold');
    expect(await lockOf()).toEqual([undefined, undefined, undefined]);
    expect((await send(new GetObjectCommand(of))).ObjectLockMode).toBeUndefined();
    denied.clear();
    denied.add('s3:PutObjectLegalHold');
    expect(await refusal(put({ ObjectLockLegalHoldStatus: 'OFF' }))).toMatchObject({ name: 'AccessDenied' });
    await put(governed());
    denied.add('s3:PutObjectRetention');
    expect(await refusal(put(governed()))).toMatchObject({ name: 'AccessDenied' });
  });

  it('does not pass its lock on to a copy, which may bring one', async () => {
    await put({ ...governed(), ObjectLockLegalHoldStatus: 'ON' });
    const copy = (Key: string, more: object = {}) =>
      send(new CopyObjectCommand({ Bucket, Key, CopySource: copySource(Bucket, 'kept'), ...more }));
    await copy('free');
    await copy('held', { ObjectLockLegalHoldStatus: 'ON' });
    expect(server().s3.getObject(Bucket, 'free')).not.toHaveProperty('objectLock');
    expect(server().s3.getObject(Bucket, 'held')?.objectLock).toEqual({ legalHold: true });
  });

  it('in parts is locked as its upload was begun', async () => {
    const { UploadId } = await send(new CreateMultipartUploadCommand({ ...of, ...governed() }));
    const path = `/${Bucket}/kept`;
    const query = { partNumber: '1', uploadId: UploadId ?? '' };
    expect((await server().sendSigned({ method: 'PUT', path, query, body: 'x' })).text).toContain(
      'is required for Put Part requests with Object Lock parameters',
    );
    const { ETag } = await send(new UploadPartCommand({ ...of, UploadId, PartNumber: 1, Body: 'x' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await send(new CompleteMultipartUploadCommand({ ...of, UploadId, MultipartUpload }));
    expect(await lockOf()).toEqual(['GOVERNANCE', inDays(10), undefined]);
  });

  it('is in an inventory with its lock', () => {
    const { s3 } = server();
    const retainUntil = Date.parse('2020-01-01T00:00:00Z');
    s3.putObject(Bucket, 'a', Buffer.from('x'), { objectLock: { mode: 'COMPLIANCE', retainUntil } });
    s3.putObject(Bucket, 'b', Buffer.from('x'), { objectLock: { legalHold: true } });
    s3.putObject(Bucket, 'c', Buffer.from('x'));
    const fields = ['ObjectLockMode', 'ObjectLockRetainUntilDate', 'ObjectLockLegalHoldStatus'];
    const { dataKeys } = s3.deliverInventory({ bucket: Bucket, destinationBucket: 'plain', configId: 'i', fields });
    expect(gunzipSync(s3.getObject('plain', dataKeys[0] ?? '')?.body ?? '').toString()).toBe(
      [
        `"${Bucket}","a","2020-01-01T00:00:00.000Z","COMPLIANCE","OFF"\n`,
        `"${Bucket}","b","","","ON"\n`,
        `"${Bucket}","c","","",""\n`,
      ].join(''),
    );
  });

  it('comes only with a digest of its bytes', async () => {
    const headers = { 'x-amz-object-lock-legal-hold': 'ON' };
    const raw = (more: Record<string, string>) =>
      server().sendSigned({ method: 'PUT', path: `/${Bucket}/raw`, headers: { ...headers, ...more }, body: 'x' });
    const { status, text } = await raw({});
    expect([status, text]).toEqual([400, expect.stringContaining('Content-MD5 OR x-amz-checksum- HTTP header')]);
    expect((await raw({ 'content-md5': createHash('md5').update('x').digest('base64') })).status).toBe(200);
  });

  it.each([
    [{ ObjectLockMode: 'GOVERNANCE' }, 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both'],
    [{ ObjectLockRetainUntilDate: new Date('2100-01-01') }, 'must both be supplied'],
    [{ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: new Date(NOW) }, 'must be in the future!'],
    [{ ObjectLockMode: 'STRICT', ObjectLockRetainUntilDate: new Date('2100-01-01') }, 'Unknown wormMode directive.'],
    [{ ObjectLockLegalHoldStatus: 'MAYBE' }, "Legal Hold must be either of 'ON' or 'OFF'"],
  ])('is not locked with %j', async (lock, message) => {
    expect(await refusal(put(lock))).toMatchObject({
      name: 'InvalidArgument',
      status: 400,
      message: expect.stringContaining(message),
    });
  });

  it('is none in a bucket without Object Lock, where there is no lock to read or to set', async () => {
    of = { Bucket: 'plain', Key: 'k' };
    await put();
    const missing = { name: 'InvalidRequest', status: 400, message: 'Bucket is missing Object Lock Configuration' };
    for (const call of [
      () => put(governed()),
      () => put({ ObjectLockLegalHoldStatus: 'ON' }),
      () => hold('ON'),
      () => retain({ Mode: 'GOVERNANCE', RetainUntilDate: inDays(1) }),
      () => send(new GetObjectRetentionCommand(of)),
      () => send(new GetObjectLegalHoldCommand(of)),
    ])
      expect(await refusal(call())).toMatchObject(missing);
  });
});

describe('A retention', () => {
  const get = async () => (await send(new GetObjectRetentionCommand(of))).Retention;
  beforeEach(() => put());

  it('is set, read and removed, and the object stays as it was', async () => {
    expect(await refusal(get())).toMatchObject({ name: 'NoSuchObjectLockConfiguration', status: 404 });
    const { ETag } = await head();
    await retain({ Mode: 'GOVERNANCE', RetainUntilDate: inDays(10) });
    expect(await get()).toEqual({ Mode: 'GOVERNANCE', RetainUntilDate: inDays(10) });
    await retain({}, true);
    expect(await refusal(get())).toMatchObject({ name: 'NoSuchObjectLockConfiguration' });
    expect((await head()).ETag).toBe(ETag);
  });

  it('of governance is made laxer only by a bypass that is allowed', async () => {
    await retain({ Mode: 'GOVERNANCE', RetainUntilDate: inDays(10) });
    await retain({ Mode: 'GOVERNANCE', RetainUntilDate: inDays(20) });
    const shorter = { Mode: 'GOVERNANCE' as const, RetainUntilDate: inDays(5) };
    expect(await refusal(retain(shorter))).toMatchObject({ name: 'AccessDenied', status: 403 });
    denied.add('s3:BypassGovernanceRetention');
    expect(await refusal(retain(shorter, true))).toMatchObject({ name: 'AccessDenied' });
    denied.clear();
    await retain(shorter, true);
    expect(await get()).toEqual(shorter);
  });

  it('of compliance is made longer, and laxer by nobody before it is over', async () => {
    await retain({ Mode: 'COMPLIANCE', RetainUntilDate: inDays(10) });
    for (const laxer of [
      { Mode: 'COMPLIANCE' as const, RetainUntilDate: inDays(9) },
      { Mode: 'GOVERNANCE' as const, RetainUntilDate: inDays(20) },
      {},
    ])
      expect(await refusal(retain(laxer, true))).toMatchObject({ name: 'AccessDenied' });
    await retain({ Mode: 'COMPLIANCE', RetainUntilDate: inDays(11) });
    await clock.advance(12 * DAY);
    await retain({});
  });

  it('that S3 would not take is refused', async () => {
    const Mode = 'GOVERNANCE';
    expect(await refusal(retain({ Mode, RetainUntilDate: inDays(-1) }))).toMatchObject({ name: 'InvalidArgument' });
    for (const wrong of [{ Mode } as const, { Mode: 'governance' as never, RetainUntilDate: inDays(1) }])
      expect(await refusal(retain(wrong))).toMatchObject({ name: 'MalformedXML' });
    const body = '<Retention/>';
    const { text } = await server().sendSigned({
      method: 'PUT',
      path: `/${Bucket}/kept`,
      query: { retention: '' },
      body,
    });
    expect(text).toContain('Missing required header for this request: Content-MD5');
  });
});

describe('A legal hold', () => {
  const get = async () => (await send(new GetObjectLegalHoldCommand(of))).LegalHold?.Status;

  it('is set and lifted, beside a retention', async () => {
    await put(governed());
    expect(await refusal(get())).toMatchObject({ name: 'NoSuchObjectLockConfiguration', status: 404 });
    await hold('ON');
    expect(await get()).toBe('ON');
    await hold('OFF');
    expect(await get()).toBe('OFF');
    expect(await lockOf()).toEqual(['GOVERNANCE', inDays(10), 'OFF']);
    expect(await refusal(hold('on' as never))).toMatchObject({ name: 'MalformedXML' });
  });
});

describe('A version that is locked', () => {
  const remove = (VersionId: string | undefined, more: object = {}) =>
    send(new DeleteObjectCommand({ ...of, VersionId, ...more }));
  const protectedBy = { name: 'AccessDenied', message: 'Access Denied because object protected by object lock.' };

  it('is not removed while it is held, in compliance, or in governance without a bypass', async () => {
    const { VersionId: held } = await put({ ObjectLockLegalHoldStatus: 'ON' });
    expect(await refusal(remove(held, { BypassGovernanceRetention: true }))).toMatchObject(protectedBy);
    const { VersionId: inCompliance } = await put({ ...governed(), ObjectLockMode: 'COMPLIANCE' });
    expect(await refusal(remove(inCompliance, { BypassGovernanceRetention: true }))).toMatchObject(protectedBy);
    const { VersionId } = await put(governed());
    expect(await refusal(remove(VersionId))).toMatchObject(protectedBy);
    const { Errors } = await send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'kept', VersionId }] } }),
    );
    expect(Errors).toMatchObject([{ Key: 'kept', VersionId, Code: 'AccessDenied', Message: protectedBy.message }]);
    expect(server().s3.getObject(Bucket, 'kept', VersionId)).toBeDefined();
    await remove(VersionId, { BypassGovernanceRetention: true });
    expect(server().s3.getObject(Bucket, 'kept', VersionId)).toBeUndefined();
  });

  it('is kept alone: others of its key go, and a delete marker may come on top', async () => {
    const { VersionId: first } = await put();
    const { VersionId: second } = await put();
    await send(new PutObjectLegalHoldCommand({ ...of, VersionId: first, LegalHold: { Status: 'ON' } }));
    const { VersionId: marker } = await send(new DeleteObjectCommand(of));
    expect(await refusal(head())).toMatchObject({ status: 404 });
    expect(await refusal(hold('ON'))).toMatchObject({ name: 'MethodNotAllowed', status: 405 });
    const Objects = [first, second, marker].map((VersionId) => ({ Key: 'kept', VersionId }));
    const { Deleted, Errors } = await send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted?.map(({ VersionId }) => VersionId)).toEqual([second, marker]);
    expect(Errors).toMatchObject([{ VersionId: first, Code: 'AccessDenied' }]);
    expect(await head()).toMatchObject({ VersionId: first, ObjectLockLegalHoldStatus: 'ON' });
    expect(await refusal(remove(first))).toMatchObject(protectedBy);
  });

  it('is the one that a request names, older ones too', async () => {
    const { VersionId } = await put();
    await put();
    const Retention = { Mode: 'COMPLIANCE' as const, RetainUntilDate: inDays(3) };
    await send(new PutObjectRetentionCommand({ ...of, VersionId, Retention }));
    expect((await send(new GetObjectRetentionCommand({ ...of, VersionId }))).Retention).toEqual(Retention);
    expect(await refusal(send(new GetObjectRetentionCommand(of)))).toMatchObject({
      name: 'NoSuchObjectLockConfiguration',
    });
    expect(await refusal(remove(VersionId))).toMatchObject(protectedBy);
  });

  it('is removed when its retention is over', async () => {
    const { VersionId } = await put(governed());
    await clock.advance(11 * DAY);
    await remove(VersionId);
    expect(server().s3.getObject(Bucket, 'kept')).toBeUndefined();
  });
});
