import {
  type BucketVersioningStatus,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../local/clock.js';
import { realClock } from '../../../local/clock.js';
import { nextVersionId, orderOfVersion } from '../../../local/s3/version-id.js';
import { copySource, refusal, useS3 } from './support/server.js';

const clock: Clock & { ahead: number } = { ...realClock, ahead: 0, now: () => Date.now() + clock.ahead };
const server = useS3({ clock });
const send: ReturnType<typeof server>['client']['send'] = ((command: never) => server().client.send(command)) as never;

let Bucket = '';
let count = 0;
const Key = 'k';
beforeEach(() => {
  count += 1;
  Bucket = `versions-${count}`;
  clock.ahead = 0;
  server().s3.createBucket(Bucket, { versioning: 'Enabled' });
});
const setVersioning = (Status: BucketVersioningStatus, bucket = Bucket) =>
  send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }));
const put = (Body: string, more: object = {}) => send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (more: object = {}) => {
  const { Body, VersionId } = await send(new GetObjectCommand({ Bucket, Key, ...more }));
  return [await Body?.transformToString(), VersionId];
};
const remove = (more: object = {}) => send(new DeleteObjectCommand({ Bucket, Key, ...more }));
/** Version ids, newest first. */
const versions = () => Array.from(server().s3.listVersions(Bucket), ({ versionId }) => versionId);
const textOf = (versionId: string) => server().s3.getObject(Bucket, Key, versionId)?.body.toString();

describe('Versioning of a bucket', () => {
  it('is not set, then enabled or suspended, and never neither again', async () => {
    server().s3.createBucket('plain');
    const status = async () => (await send(new GetBucketVersioningCommand({ Bucket: 'plain' }))).Status;
    expect(await status()).toBeUndefined();
    await setVersioning('Suspended', 'plain');
    expect(await status()).toBe('Suspended');
    await setVersioning('Enabled', 'plain');
    expect(await status()).toBe('Enabled');
    expect(await refusal(setVersioning('enabled' as never, 'plain'))).toMatchObject({ name: 'MalformedXML' });
    expect(await refusal(setVersioning(undefined as never, 'plain'))).toMatchObject({
      name: 'IllegalVersioningConfigurationException',
      status: 400,
    });
    expect(await refusal(setVersioning('Enabled', 'nowhere'))).toMatchObject({ name: 'NoSuchBucket' });
  });

  it('with MFA delete is refused by name', async () => {
    const VersioningConfiguration = { Status: 'Enabled', MFADelete: 'Enabled' } as const;
    expect(await refusal(send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration })))).toMatchObject({
      name: 'NotImplemented',
      status: 501,
    });
  });

  it('keeps what was there before as the null version', async () => {
    server().s3.createBucket('before');
    const of = { Bucket: 'before' };
    expect((await put('old', of)).VersionId).toBeUndefined();
    expect(await get(of)).toEqual(['old', undefined]);
    await setVersioning('Enabled', 'before');
    expect(await get(of)).toEqual(['old', 'null']);
    const { VersionId } = await put('new', of);
    expect(VersionId).toMatch(/^[\w.]{32}$/);
    expect(await get(of)).toEqual(['new', VersionId]);
    expect(await get({ ...of, VersionId: 'null' })).toEqual(['old', 'null']);
  });

  it('while suspended has every write replace the null version, and keeps the others', async () => {
    const first = await put('1');
    await setVersioning('Suspended');
    expect((await put('2')).VersionId).toBeUndefined();
    await put('3');
    expect(await get()).toEqual(['3', 'null']);
    expect(versions()).toEqual(['null', first.VersionId]);
    await setVersioning('Enabled');
    const last = await put('4');
    await setVersioning('Suspended');
    expect(versions()).toEqual([last.VersionId, 'null', first.VersionId]);
    expect(await remove()).toMatchObject({ DeleteMarker: true, VersionId: 'null' });
    expect(versions()).toEqual(['null', last.VersionId, first.VersionId]);
    expect(textOf('null')).toBeUndefined();
  });
});

describe('An object with versions', () => {
  it('is read by version id, in all its ways', async () => {
    const first = await put('one', { Tagging: 'a=1' });
    const second = await put('two two');
    expect(await get()).toEqual(['two two', second.VersionId]);
    expect(await get({ VersionId: first.VersionId })).toEqual(['one', first.VersionId]);
    expect(await send(new HeadObjectCommand({ Bucket, Key, VersionId: first.VersionId }))).toMatchObject({
      ContentLength: 3,
      VersionId: first.VersionId,
    });
    expect(server().s3.getObject(Bucket, Key)?.body.toString()).toBe('two two');
    expect(textOf(first.VersionId ?? '')).toBe('one');
  });

  it('is listed once, as it is now', async () => {
    await put('one');
    await put('two two');
    server().s3.putObject(Bucket, 'gone', Buffer.from('x'));
    server().s3.deleteObject(Bucket, 'gone');
    const { Contents } = await send(new ListObjectsV2Command({ Bucket }));
    expect(Contents).toMatchObject([{ Key, Size: 7 }]);
    expect(Contents).toHaveLength(1);
  });

  it('has as its version in order the upload that was completed last, with the time when it was begun', async () => {
    clock.ahead = -100_000;
    const { UploadId } = await send(new CreateMultipartUploadCommand({ Bucket, Key }));
    clock.ahead = 0;
    const between = await put('between');
    const part = await send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'multipart' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
    const complete = () => send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }));
    const { VersionId } = await complete();
    expect(versions()).toEqual([VersionId, between.VersionId]);
    expect((await complete()).VersionId).toBe(VersionId);
    const head = async (id = '') => (await send(new HeadObjectCommand({ Bucket, Key, VersionId: id }))).LastModified;
    expect(Number(await head(VersionId))).toBeLessThan(Number(await head(between.VersionId)));
  });

  it('is told of a version id that is none, or that is not there', async () => {
    const { VersionId = '' } = await put('x');
    const changed = `${VersionId.slice(0, -4)}ABCD`;
    for (const id of ['abc', changed, 'HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD']) {
      expect(await refusal(get({ VersionId: id }))).toMatchObject({
        name: 'InvalidArgument',
        status: 400,
        message: 'Invalid version id specified',
        ArgumentName: 'versionId',
        ArgumentValue: id,
      });
      expect(await refusal(remove({ VersionId: id }))).toMatchObject({ name: 'InvalidArgument' });
    }
    const emptyId = await server().sendSigned({ path: `/${Bucket}/k`, query: { versionId: '' } });
    expect(emptyId.text).toContain('Version id cannot be the empty string');
    await remove({ VersionId });
    expect(await refusal(get({ VersionId }))).toMatchObject({ name: 'NoSuchVersion', status: 404, VersionId });
    expect(await refusal(get({ VersionId: 'null' }))).toMatchObject({ name: 'NoSuchVersion' });
    // A bucket without versioning knows no id at all.
    server().s3.createBucket('idless');
    await put('x', { Bucket: 'idless' });
    expect(await refusal(get({ Bucket: 'idless', VersionId }))).toMatchObject({ name: 'InvalidArgument' });
  });

  it('is not written by version id', async () => {
    const answer = await server().sendSigned({
      method: 'PUT',
      path: `/${Bucket}/k`,
      query: { versionId: 'null' },
      body: 'x',
    });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('does not accept a version-id')]);
  });
});

describe('A delete marker', () => {
  it('hides an object and all that is under it, until it is taken away', async () => {
    const { VersionId } = await put('x');
    const marker = await remove();
    expect(marker).toMatchObject({ DeleteMarker: true, VersionId: expect.stringMatching(/^[\w.]{32}$/) });
    const answer = await server().sendSigned({ path: `/${Bucket}/k` });
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('<Code>NoSuchKey</Code>')]);
    expect(answer.headers).toMatchObject({ 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.VersionId });
    expect(await refusal(send(new HeadObjectCommand({ Bucket, Key })))).toMatchObject({ status: 404 });
    expect(server().s3.getObject(Bucket, Key)).toBeUndefined();
    expect((await get({ VersionId }))[0]).toBe('x');
    expect(await remove({ VersionId: marker.VersionId })).toMatchObject({
      DeleteMarker: true,
      VersionId: marker.VersionId,
    });
    expect(await get()).toEqual(['x', VersionId]);
  });

  it('is not an object: read by its version id it is 405, with what it is', async () => {
    await put('x');
    const { VersionId } = await remove();
    for (const method of ['GET', 'HEAD']) {
      const answer = await server().sendSigned({ method, path: `/${Bucket}/k`, query: { versionId: VersionId ?? '' } });
      expect(answer.status).toBe(405);
      expect(answer.headers).toMatchObject({
        allow: 'DELETE',
        'x-amz-delete-marker': 'true',
        'x-amz-version-id': VersionId,
        'last-modified': expect.stringContaining('GMT'),
      });
    }
    expect(await refusal(get({ VersionId }))).toMatchObject({
      name: 'MethodNotAllowed',
      Method: 'GET',
      ResourceType: 'DeleteMarker',
    });
  });

  it('is made also of a key that was never there, and on top of another one', async () => {
    const [first, second] = [await remove(), await remove()];
    expect(versions()).toEqual([second.VersionId, first.VersionId]);
    await remove({ VersionId: first.VersionId });
    await remove({ VersionId: second.VersionId });
    expect(versions()).toEqual([]);
  });

  it('is nothing where a write asks what is there', async () => {
    const { ETag } = await put('x');
    expect(await refusal(put('y', { IfNoneMatch: '*' }))).toMatchObject({ name: 'PreconditionFailed' });
    await remove();
    expect(await refusal(put('y', { IfMatch: ETag }))).toMatchObject({ name: 'NoSuchKey', status: 404 });
    expect(await refusal(remove({ IfMatch: ETag }))).toMatchObject({ name: 'NoSuchKey', status: 404 });
    await put('y', { IfNoneMatch: '*' });
    expect((await get())[0]).toBe('y');
    expect(versions()).toHaveLength(3);
  });
});

describe('Deleting', () => {
  it('by version id takes one version out, and what was under it is current', async () => {
    const [first, second] = [await put('1'), await put('2')];
    expect(await remove({ VersionId: second.VersionId })).toMatchObject({ VersionId: second.VersionId });
    expect(await get()).toEqual(['1', first.VersionId]);
    const again = await remove({ VersionId: second.VersionId });
    expect([again.$metadata.httpStatusCode, again.DeleteMarker]).toEqual([204, undefined]);
    server().s3.deleteObject(Bucket, Key, first.VersionId);
    expect(versions()).toEqual([]);
  });

  it('under a condition makes a marker only where the current version is as expected', async () => {
    const first = await put('1');
    const second = await put('2');
    expect(await refusal(remove({ IfMatch: first.ETag }))).toMatchObject({ name: 'PreconditionFailed', status: 412 });
    expect(await remove({ IfMatch: second.ETag })).toMatchObject({ DeleteMarker: true });
  });

  it('a bucket is refused as long as it has a version or a delete marker', async () => {
    const { VersionId } = await put('x');
    const marker = await remove();
    const deleteBucket = () => send(new DeleteBucketCommand({ Bucket }));
    for (const id of [VersionId, marker.VersionId]) {
      expect(await refusal(deleteBucket())).toMatchObject({
        name: 'BucketNotEmpty',
        status: 409,
        message: 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.',
      });
      await remove({ VersionId: id });
    }
    await deleteBucket();
  });
});

describe('A copy', () => {
  const copy = (from: string, more: object = {}) =>
    send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: from, ...more }));
  const source = (versionId?: string) =>
    `${copySource(Bucket, Key)}${versionId === undefined ? '' : `?versionId=${versionId}`}`;

  it('names the version that it is of, and the one that it is', async () => {
    const first = await put('1');
    const second = await put('2');
    const current = await copy(source());
    expect(current).toMatchObject({ CopySourceVersionId: second.VersionId, VersionId: expect.any(String) });
    const older = await copy(source(first.VersionId));
    expect(older.CopySourceVersionId).toBe(first.VersionId);
    expect(await get({ Key: 'copy' })).toEqual(['1', older.VersionId]);
    expect(await get({ Key: 'copy', VersionId: current.VersionId })).toEqual(['2', current.VersionId]);
  });

  it('of an older version onto its own key brings it back; of the current one is refused', async () => {
    const first = await put('1');
    const second = await put('2');
    await copy(source(first.VersionId), { Key });
    expect((await get())[0]).toBe('1');
    await remove({ VersionId: versions()[0] });
    expect(await refusal(copy(source(second.VersionId), { Key }))).toMatchObject({ name: 'InvalidRequest' });
  });

  it('of a null version names no source version, and in a suspended bucket is the null version', async () => {
    await setVersioning('Suspended');
    await put('x');
    const answer = await copy(source('null'));
    expect([answer.CopySourceVersionId, answer.VersionId]).toEqual([undefined, 'null']);
  });

  it('of a delete marker is refused, by its version id in other words', async () => {
    await put('x');
    const marker = await remove();
    expect(await refusal(copy(source()))).toMatchObject({ name: 'NoSuchKey', status: 404 });
    const { UploadId } = await send(new CreateMultipartUploadCommand({ Bucket, Key: 'copy' }));
    const part = (CopySource: string) =>
      send(new UploadPartCopyCommand({ Bucket, Key: 'copy', UploadId, PartNumber: 1, CopySource }));
    for (const copied of [copy, part]) {
      expect(await refusal(copied(source(marker.VersionId)))).toMatchObject({
        name: 'InvalidRequest',
        status: 400,
        message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
      });
    }
    const { VersionId } = await put('x');
    expect((await part(source(VersionId))).CopySourceVersionId).toBe(VersionId);
    expect(await refusal(copy(source('abc')))).toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('A version id', () => {
  it('is 32 characters that need no encoding, says when it was made to whoever knows how, and is made by nobody else', () => {
    const ids = Array.from({ length: 1000 }, nextVersionId);
    expect(new Set(ids).size).toBe(1000);
    expect(ids.every((id) => /^[\w.]{32}$/.test(id))).toBe(true);
    const orders = ids.map((id) => orderOfVersion(id) ?? 0);
    expect(orders).toEqual(orders.toSorted((a, b) => a - b));
    expect(ids).not.toEqual(ids.toSorted());
    expect(orderOfVersion(ids[0]?.replace(/^./, (first) => (first === 'a' ? 'b' : 'a')) ?? '')).toBeUndefined();
  });
});
