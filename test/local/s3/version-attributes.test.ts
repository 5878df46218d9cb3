import { gunzipSync } from 'node:zlib';
import {
  CopyObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { Identities } from '../../../local/access/identities.js';
import type { PutOptions } from '../../../local/s3/embedded-s3.js';
import { ManualClock } from '../step-functions/support/manual-clock.js';
import { KEY, copySource, refusal, useS3 } from './support/server.js';

const HOUR = 3_600_000;
const clock = new ManualClock();
const roleKey = { accessKeyId: 'AKIDROLE', secretAccessKey: 'role-secret' };
const identities = new Identities(KEY);
identities.add({ ...roleKey, principalArn: 'arn:aws:iam::123456789012:role/copier' });
const told: AwsCall[] = [];
const server = useS3({
  clock,
  credentials: identities,
  access: { permits: () => true, onCall: (call) => void told.push(call) },
});
let send: ReturnType<typeof server>['client']['send'];

let run = 0;
let of = { Bucket: '', Key: 'k' };
beforeEach(() => {
  run += 1;
  of = { Bucket: `kept-${run}`, Key: 'k' };
  const client = server().clientWith({ credentials: roleKey });
  send = ((command: never) => client.send(command)) as never;
  server().s3.createBucket(of.Bucket, {
    objectLock: true,
    ownership: 'BucketOwnerPreferred',
    blockPublicAccess: false,
    account: '210987654321',
  });
  told.length = 0;
});
const put = (text: string, options?: PutOptions) =>
  server().s3.putObject(of.Bucket, of.Key, Buffer.from(text), options).versionId;
const at = (versionId?: string) => server().s3.getObject(of.Bucket, of.Key, versionId);
const head = (VersionId?: string) => send(new HeadObjectCommand({ ...of, VersionId }));
const copyOf = (versionId: string | undefined, more: object = {}) =>
  send(
    new CopyObjectCommand({
      ...of,
      Key: 'copy',
      CopySource: `${copySource(of.Bucket, of.Key)}?versionId=${versionId}`,
      ...more,
    }),
  );

describe('Each version has for itself', () => {
  it('its encryption, and a copy of it by its id needs its key and has an encryption of its own', async () => {
    const keyArn = server().s3.kms.add();
    const sealed = put('sealed', { encryption: { kind: 'SSE-KMS', keyArn } });
    const plain = put('plain');
    expect([await head(sealed), await head(plain)]).toMatchObject([
      { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: keyArn, VersionId: sealed },
      { ServerSideEncryption: 'AES256', VersionId: plain },
    ]);
    told.length = 0;
    expect(await copyOf(sealed)).toMatchObject({ ServerSideEncryption: 'AES256', CopySourceVersionId: sealed });
    expect(told.map(({ action }) => action)).toEqual(['s3:GetObjectVersion', 's3:PutObject', 'kms:Decrypt']);
    const copy = await send(new GetObjectCommand({ ...of, Key: 'copy' }));
    expect([copy.ServerSideEncryption, await copy.Body?.transformToString()]).toEqual(['AES256', 'sealed']);
    server().s3.kms.disable(keyArn);
    expect(await refusal(copyOf(sealed))).toMatchObject({ name: 'KMS.DisabledException' });
    await copyOf(plain);
  });

  it('its restore: an older one comes back while the current one stays as it is', async () => {
    const cold = put('cold', { storageClass: 'GLACIER' });
    const warm = put('warm');
    const restore = (VersionId?: string) =>
      send(new RestoreObjectCommand({ ...of, VersionId, RestoreRequest: { Days: 1 } }));
    expect(await refusal(restore())).toMatchObject({ name: 'InvalidObjectState' });
    expect((await restore(cold)).$metadata.httpStatusCode).toBe(202);
    expect(await refusal(copyOf(cold))).toMatchObject({ name: 'InvalidObjectState' });
    const newest = put('newest');
    expect([await head(cold), await head(warm)]).toMatchObject([{ Restore: 'ongoing-request="true"' }, {}]);
    const listed = await send(
      new ListObjectVersionsCommand({ Bucket: of.Bucket, OptionalObjectAttributes: ['RestoreStatus'] }),
    );
    expect(listed.Versions?.map(({ VersionId, RestoreStatus }) => [VersionId, RestoreStatus])).toEqual([
      [newest, undefined],
      [warm, undefined],
      [cold, { IsRestoreInProgress: true }],
    ]);
    await clock.advance(5 * HOUR);
    await copyOf(cold);
    expect(server().s3.getObject(of.Bucket, 'copy')?.body.toString()).toBe('cold');
    expect(at()?.body.toString()).toBe('newest');
  });

  it('its ACL', async () => {
    const open = put('open');
    const closed = put('closed');
    const answer = await send(new PutObjectAclCommand({ ...of, VersionId: open, ACL: 'public-read' }));
    expect(answer.$metadata.httpStatusCode).toBe(200);
    const grants = async (VersionId?: string) => {
      const { Grants } = await send(new GetObjectAclCommand({ ...of, VersionId }));
      return Grants?.map(({ Permission }) => Permission);
    };
    expect([await grants(open), await grants(closed)]).toEqual([['FULL_CONTROL', 'READ'], ['FULL_CONTROL']]);
    expect([at(open)?.acl.length, at(closed)?.acl.length]).toEqual([2, 1]);
  });

  it('its columns of encryption and lock in an inventory, where a delete marker has none', () => {
    const { s3 } = server();
    const keyArn = s3.kms.add();
    const retainUntil = Date.parse('2030-01-01T00:00:00Z');
    const locked = put('1', {
      encryption: { kind: 'SSE-KMS', keyArn, bucketKey: true },
      objectLock: { mode: 'COMPLIANCE', retainUntil },
    });
    const held = put('2', { encryption: { kind: 'SSE-C' }, objectLock: { legalHold: true } });
    s3.deleteObject(of.Bucket, of.Key);
    const plain = put('3');
    const marker = [...s3.listVersions(of.Bucket)].find(({ isDeleteMarker }) => isDeleteMarker)?.versionId;
    s3.createBucket('inventories');
    const { dataKeys } = s3.deliverInventory({
      bucket: of.Bucket,
      destinationBucket: 'inventories',
      configId: 'all',
      fields: [
        'VersionId',
        'EncryptionStatus',
        'ObjectLockRetainUntilDate',
        'ObjectLockMode',
        'ObjectLockLegalHoldStatus',
        'BucketKeyStatus',
      ],
    });
    const prefix = `"${of.Bucket}","k"`;
    expect(gunzipSync(s3.getObject('inventories', dataKeys[0] ?? '')?.body ?? '').toString()).toBe(
      [
        `${prefix},"${plain}","SSE-S3","","","","DISABLED"\n`,
        `${prefix},"${marker}","","","","",""\n`,
        `${prefix},"${held}","SSE-C","","","ON","DISABLED"\n`,
        `${prefix},"${locked}","SSE-KMS","2030-01-01T00:00:00.000Z","COMPLIANCE","OFF","ENABLED"\n`,
      ].join(''),
    );
  });

  it('all of that at once, however it was written', async () => {
    const keyArn = server().s3.kms.add();
    const { VersionId } = await send(
      new PutObjectCommand({
        ...of,
        Body: 'x',
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: keyArn,
        ObjectLockLegalHoldStatus: 'ON',
        ACL: 'public-read',
        StorageClass: 'GLACIER',
      }),
    );
    put('newer');
    expect(await head(VersionId)).toMatchObject({
      VersionId,
      SSEKMSKeyId: keyArn,
      ObjectLockLegalHoldStatus: 'ON',
      StorageClass: 'GLACIER',
    });
    expect(at(VersionId)).toMatchObject({
      encryption: { kind: 'SSE-KMS', keyArn },
      restore: { kind: 'archived', archive: 'GLACIER' },
      objectLock: { legalHold: true },
      acl: [{ permission: 'FULL_CONTROL' }, { permission: 'READ' }],
    });
    expect(at()).toMatchObject({ encryption: { kind: 'SSE-S3' }, restore: { kind: 'active' } });
    expect(at()).not.toHaveProperty('objectLock');
  });
});
