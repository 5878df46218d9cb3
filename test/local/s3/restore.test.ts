import { gunzipSync } from 'node:zlib';
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  type OptionalObjectAttributes,
  RestoreObjectCommand,
  type RestoreRequest,
  type Tier,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PutOptions } from '../../../local/s3/embedded-s3.js';
import { ManualClock } from '../step-functions/support/manual-clock.js';
import { copySource, refusal, useS3 } from './support/server.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const clock = new ManualClock();
const server = useS3({ clock });
const send: ReturnType<typeof server>['client']['send'] = ((command: never) => server().client.send(command)) as never;

beforeAll(async () => {
  server().s3.createBucket('vault');
  // AWS's own example of when a copy expires begins then.
  await clock.advance(Date.parse('2012-10-15T05:30:00Z'));
});

let of = { Bucket: 'vault', Key: '' };
let run = 0;
beforeEach(() => {
  run += 1;
  of = { Bucket: 'vault', Key: `archived-${run}` };
});
const archive = (options: PutOptions) => server().s3.putObject(of.Bucket, of.Key, Buffer.from('cold'), options);
const get = () => send(new GetObjectCommand(of));
const head = () => send(new HeadObjectCommand(of));
const copy = () =>
  send(new CopyObjectCommand({ Bucket: 'vault', Key: 'copy', CopySource: copySource('vault', of.Key) }));
const copyPart = async () => {
  const target = { Bucket: 'vault', Key: 'copy' };
  const { UploadId } = await send(new CreateMultipartUploadCommand(target));
  const CopySource = copySource('vault', of.Key);
  return send(new UploadPartCopyCommand({ ...target, UploadId, PartNumber: 1, CopySource }));
};
/** Asks for a restore. @returns the status */
const restore = async (request: RestoreRequest) =>
  (await send(new RestoreObjectCommand({ ...of, RestoreRequest: request }))).$metadata.httpStatusCode;
const days = (Days: number, tier?: Tier): RestoreRequest => ({
  Days,
  ...(tier && { GlacierJobParameters: { Tier: tier } }),
});
const list = async (attributes?: OptionalObjectAttributes[]) => {
  const answer = await send(
    new ListObjectsV2Command({
      Bucket: 'vault',
      Prefix: of.Key,
      ...(attributes && { OptionalObjectAttributes: attributes }),
    }),
  );
  return answer.Contents?.[0]?.RestoreStatus;
};

describe('An archived object', () => {
  it('is not read or copied until it is restored, and again when its copy has expired', async () => {
    archive({ storageClass: 'GLACIER' });
    const InvalidObjectState = { name: 'InvalidObjectState', status: 403, StorageClass: 'GLACIER' };
    expect(await refusal(get())).toMatchObject(InvalidObjectState);
    expect(await refusal(copy())).toMatchObject(InvalidObjectState);
    expect(await refusal(copyPart())).toMatchObject(InvalidObjectState);
    expect((await head()).Restore).toBeUndefined();

    expect(await restore(days(3))).toBe(202);
    expect((await head()).Restore).toBe('ongoing-request="true"');
    expect(await refusal(get())).toMatchObject(InvalidObjectState);
    await clock.advance(5 * HOUR);
    const Restore = 'ongoing-request="false", expiry-date="Fri, 19 Oct 2012 00:00:00 GMT"';
    expect(await get()).toMatchObject({ Restore, StorageClass: 'GLACIER' });
    expect((await head()).Restore).toBe(Restore);
    await copy();
    await copyPart();
    expect(server().s3.getObject('vault', 'copy')).toMatchObject({
      storageClass: 'STANDARD',
      restore: { kind: 'active' },
    });

    await clock.advance(Date.parse('2012-10-19T00:00:00Z') - clock.now() - 1);
    await get();
    await clock.advance(1);
    expect(await refusal(get())).toMatchObject(InvalidObjectState);
    expect(await refusal(copy())).toMatchObject(InvalidObjectState);
    expect((await head()).Restore).toBeUndefined();
    expect(await restore(days(1))).toBe(202);
  });

  it('is kept for longer when its copy is there: 200, and the days count from now', async () => {
    archive({ storageClass: 'GLACIER' });
    await restore(days(1, 'Expedited'));
    await clock.advance(5 * MINUTE);
    const { restore: before } = server().s3.getObject('vault', of.Key) ?? {};
    expect(await restore(days(30))).toBe(200);
    const { restore: after } = server().s3.getObject('vault', of.Key) ?? {};
    expect([before?.kind, after?.kind]).toEqual(['restored', 'restored']);
    expect(after).toMatchObject({ expiresAt: (Math.floor(clock.now() / DAY) + 31) * DAY });
    await get();
  });

  it('is being restored once: asked again it is a conflict, unless a faster tier is asked for', async () => {
    archive({ storageClass: 'GLACIER' });
    expect(await restore(days(2, 'Bulk'))).toBe(202);
    for (const request of [days(2, 'Bulk'), days(3, 'Standard')])
      expect(await refusal(restore(request))).toMatchObject({ name: 'RestoreAlreadyInProgress', status: 409 });
    expect(await restore(days(2, 'Expedited'))).toBe(202);
    await clock.advance(5 * MINUTE);
    await get();
  });

  it.each<[PutOptions, Tier, number]>([
    [{ storageClass: 'GLACIER' }, 'Expedited', 5 * MINUTE],
    [{ storageClass: 'GLACIER' }, 'Standard', 5 * HOUR],
    [{ storageClass: 'GLACIER' }, 'Bulk', 12 * HOUR],
    [{ storageClass: 'DEEP_ARCHIVE' }, 'Standard', 12 * HOUR],
    [{ storageClass: 'DEEP_ARCHIVE' }, 'Bulk', 48 * HOUR],
    [{ storageClass: 'INTELLIGENT_TIERING', archiveTier: 'ARCHIVE_ACCESS' }, 'Expedited', 5 * MINUTE],
    [{ storageClass: 'INTELLIGENT_TIERING', archiveTier: 'ARCHIVE_ACCESS' }, 'Standard', 5 * HOUR],
    [{ storageClass: 'INTELLIGENT_TIERING', archiveTier: 'ARCHIVE_ACCESS' }, 'Bulk', 12 * HOUR],
    [{ storageClass: 'INTELLIGENT_TIERING', archiveTier: 'DEEP_ARCHIVE_ACCESS' }, 'Standard', 12 * HOUR],
    [{ storageClass: 'INTELLIGENT_TIERING', archiveTier: 'DEEP_ARCHIVE_ACCESS' }, 'Bulk', 48 * HOUR],
  ])('%j takes as long as its tier does: %s, %i ms', async (options, Tier, takes) => {
    archive(options);
    await restore({
      ...(options.archiveTier ? {} : { Days: 1 }),
      GlacierJobParameters: { Tier },
    });
    await clock.advance(takes - 1);
    expect(await refusal(get())).toMatchObject({ name: 'InvalidObjectState' });
    await clock.advance(1);
    await get();
  });

  it('tells a listing that asks how its restore is, and no other', async () => {
    archive({ storageClass: 'DEEP_ARCHIVE' });
    expect(await list(['RestoreStatus'])).toBeUndefined();
    await restore(days(1, 'Bulk'));
    expect(await list()).toBeUndefined();
    expect(await list(['RestoreStatus'])).toEqual({ IsRestoreInProgress: true });
    await clock.advance(48 * HOUR);
    const RestoreExpiryDate = new Date((Math.floor(clock.now() / DAY) + 2) * DAY);
    expect(await list(['RestoreStatus'])).toEqual({ IsRestoreInProgress: false, RestoreExpiryDate });
    const versions = await send(
      new ListObjectVersionsCommand({
        Bucket: 'vault',
        Prefix: of.Key,
        OptionalObjectAttributes: ['RestoreStatus'],
      }),
    );
    expect(versions.Versions).toMatchObject([{ RestoreStatus: { IsRestoreInProgress: false, RestoreExpiryDate } }]);
    expect(await refusal(list(['Colour' as never]))).toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('An object that Intelligent-Tiering has archived', () => {
  it('says so, is refused by errors of its own, and moves back for good', async () => {
    archive({ storageClass: 'INTELLIGENT_TIERING', archiveTier: 'ARCHIVE_ACCESS' });
    expect(await head()).toMatchObject({ StorageClass: 'INTELLIGENT_TIERING', ArchiveStatus: 'ARCHIVE_ACCESS' });
    const InvalidObjectState = {
      name: 'InvalidObjectState',
      StorageClass: 'INTELLIGENT_TIERING',
      AccessTier: 'ARCHIVE_ACCESS',
    };
    expect(await refusal(get())).toMatchObject(InvalidObjectState);
    expect(await refusal(copyPart())).toMatchObject(InvalidObjectState);
    expect(await refusal(copy())).toMatchObject({ name: 'ObjectNotInActiveTierError', status: 403 });

    expect(await restore({})).toBe(202);
    expect(await head()).toMatchObject({ Restore: 'ongoing-request="true"', ArchiveStatus: 'ARCHIVE_ACCESS' });
    await clock.advance(5 * HOUR);
    const { Restore, ArchiveStatus } = await head();
    expect([Restore, ArchiveStatus]).toEqual([undefined, undefined]);
    await copy();
    await clock.advance(1000 * DAY);
    await get();
    expect(await refusal(restore({}))).toMatchObject({ name: 'ObjectAlreadyInActiveTierError', status: 403 });
  });

  it('is in an inventory with the tier that it is in', async () => {
    const { s3 } = server();
    s3.createBucket('tiers');
    for (const archiveTier of ['ARCHIVE_ACCESS', 'DEEP_ARCHIVE_ACCESS'] as const)
      s3.putObject('tiers', archiveTier, Buffer.from('x'), { storageClass: 'INTELLIGENT_TIERING', archiveTier });
    s3.putObject('tiers', 'frequent', Buffer.from('x'), { storageClass: 'INTELLIGENT_TIERING' });
    const tiers = () => {
      const fields = ['IntelligentTieringAccessTier'];
      const { dataKeys } = s3.deliverInventory({ bucket: 'tiers', destinationBucket: 'vault', configId: 'i', fields });
      return gunzipSync(s3.getObject('vault', dataKeys[0] ?? '')?.body ?? '').toString();
    };
    expect(tiers()).toBe(
      '"tiers","ARCHIVE_ACCESS","ARCHIVE"\n"tiers","DEEP_ARCHIVE_ACCESS","DEEP_ARCHIVE"\n"tiers","frequent","FREQUENT"\n',
    );
    of = { Bucket: 'tiers', Key: 'ARCHIVE_ACCESS' };
    await restore({});
    await clock.advance(5 * HOUR);
    expect(tiers()).toContain('"ARCHIVE_ACCESS","FREQUENT"');
  });

  it('is not restored for some days', async () => {
    archive({ storageClass: 'INTELLIGENT_TIERING', archiveTier: 'DEEP_ARCHIVE_ACCESS' });
    expect(await refusal(restore(days(1)))).toMatchObject({ name: 'InvalidArgument', status: 400 });
  });
});

describe('A restore is refused', () => {
  it('of what is not archived or not there', async () => {
    archive({ storageClass: 'GLACIER_IR' });
    expect(await refusal(restore(days(1)))).toMatchObject({
      name: 'InvalidObjectState',
      status: 403,
      StorageClass: 'GLACIER_IR',
    });
    of = { ...of, Key: 'missing' };
    expect(await refusal(restore(days(1)))).toMatchObject({ name: 'NoSuchKey' });
  });

  it('that S3 would not take, and the object is as it was', async () => {
    archive({ storageClass: 'DEEP_ARCHIVE' });
    expect(await refusal(restore(days(1, 'Expedited')))).toMatchObject({
      name: 'InvalidArgument',
      status: 400,
      message: 'Retrieval option is not supported by this storage class',
    });
    for (const request of [{}, days(0), days(1, 'Slow' as Tier)])
      expect(await refusal(restore(request))).toMatchObject({ name: 'MalformedXML', status: 400 });
    expect((await head()).Restore).toBeUndefined();
  });

  it('that selects, or writes elsewhere, by name', async () => {
    archive({ storageClass: 'GLACIER' });
    expect(await refusal(restore({ Type: 'SELECT' }))).toMatchObject({ name: 'NotImplemented', Parameter: 'Type' });
    const OutputLocation = { S3: { BucketName: 'vault', Prefix: 'out' } };
    expect(await refusal(restore({ OutputLocation }))).toMatchObject({
      name: 'NotImplemented',
      Parameter: 'OutputLocation',
    });
  });
});
