import {
  DeleteObjectTaggingCommand,
  DeleteObjectsCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  type ObjectIdentifier,
  PutObjectAclCommand,
  PutObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { refusal, useS3 } from './support/server.js';

const server = useS3();
const send: ReturnType<typeof server>['client']['send'] = ((command: never) => server().client.send(command)) as never;
let Bucket = '';
let count = 0;
let [older, newer] = ['', ''];
beforeEach(() => {
  count += 1;
  Bucket = `changed-${count}`;
  const { s3 } = server();
  s3.createBucket(Bucket, { versioning: 'Enabled' });
  const put = (tag: string) => s3.putObject(Bucket, 'k', Buffer.from(tag), { tags: { tag } }).versionId ?? '';
  [older, newer] = [put('older'), put('newer!')];
});
const Key = 'k';
const versions = () =>
  Array.from(server().s3.listVersions(Bucket), ({ key, versionId, isDeleteMarker }) => [
    key,
    isDeleteMarker ? 'marker' : versionId,
  ]);

describe('Tags', () => {
  const tagsOf = async (VersionId?: string) => {
    const answer = await send(new GetObjectTaggingCommand({ Bucket, Key, VersionId }));
    return [answer.VersionId, ...(answer.TagSet ?? []).map(({ Value }) => Value)];
  };
  const setTag = (Value: string, VersionId?: string) =>
    send(new PutObjectTaggingCommand({ Bucket, Key, VersionId, Tagging: { TagSet: [{ Key: 'tag', Value }] } }));

  it('are those of one version, and change without another one being made', async () => {
    expect([await tagsOf(), await tagsOf(older)]).toEqual([
      [newer, 'newer!'],
      [older, 'older'],
    ]);
    expect((await setTag('changed', older)).VersionId).toBe(older);
    expect([await tagsOf(), await tagsOf(older)]).toEqual([
      [newer, 'newer!'],
      [older, 'changed'],
    ]);
    expect((await setTag('current')).VersionId).toBe(newer);
    expect(await tagsOf(newer)).toEqual([newer, 'current']);
    await send(new DeleteObjectTaggingCommand({ Bucket, Key, VersionId: older }));
    expect(await tagsOf(older)).toEqual([older]);
    expect(versions()).toEqual([
      ['k', newer],
      ['k', older],
    ]);
    expect(server().s3.getObject(Bucket, Key, older)?.body.toString()).toBe('older');
  });

  it('are not there on a delete marker, current or not', async () => {
    server().s3.deleteObject(Bucket, Key);
    const [marker] = server().s3.listVersions(Bucket);
    const isMarker = { name: 'MethodNotAllowed', status: 405, ResourceType: 'DeleteMarker' };
    for (const id of [undefined, marker?.versionId]) {
      expect(await refusal(tagsOf(id))).toMatchObject({ ...isMarker, Method: 'GET' });
      expect(await refusal(setTag('x', id))).toMatchObject({ ...isMarker, Method: 'PUT' });
    }
  });
});

describe('Attributes and ACLs', () => {
  const attributes = (VersionId?: string) =>
    send(new GetObjectAttributesCommand({ Bucket, Key, VersionId, ObjectAttributes: ['ObjectSize'] }));
  const getAcl = (VersionId?: string) => send(new GetObjectAclCommand({ Bucket, Key, VersionId }));
  const putAcl = (VersionId?: string) => send(new PutObjectAclCommand({ Bucket, Key, VersionId, ACL: 'private' }));

  it('are those of a version', async () => {
    expect(await attributes()).toMatchObject({ ObjectSize: 6, VersionId: newer });
    expect(await attributes(older)).toMatchObject({ ObjectSize: 5, VersionId: older });
    expect((await getAcl(older)).Grants).toHaveLength(1);
  });

  it('of a delete marker are refused, as S3 refuses each', async () => {
    server().s3.deleteObject(Bucket, Key);
    const [marker] = server().s3.listVersions(Bucket);
    for (const read of [attributes, getAcl]) {
      expect(await refusal(read())).toMatchObject({ name: 'NoSuchKey', status: 404 });
      expect(await refusal(read(marker?.versionId))).toMatchObject({ name: 'MethodNotAllowed', status: 405 });
    }
    for (const id of [undefined, marker?.versionId])
      expect(await refusal(putAcl(id))).toMatchObject({ name: 'MethodNotAllowed', Method: 'PUT' });
  });
});

describe('Deleting many', () => {
  const remove = (Objects: ObjectIdentifier[]) => send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));

  it('makes delete markers, and says which', async () => {
    const { Deleted } = await remove([{ Key }, { Key: 'never there' }]);
    const marker = { DeleteMarker: true, DeleteMarkerVersionId: expect.stringMatching(/^[\w.]{32}$/) };
    expect(Deleted).toEqual([
      { Key, ...marker },
      { Key: 'never there', ...marker },
    ]);
    expect(versions()).toEqual([
      ['k', 'marker'],
      ['k', newer],
      ['k', older],
      ['never there', 'marker'],
    ]);
  });

  it('by version id takes versions and delete markers out for good, and says what they were', async () => {
    server().s3.deleteObject(Bucket, Key);
    const [marker] = server().s3.listVersions(Bucket);
    const VersionId = marker?.versionId;
    const { Deleted, Errors } = await remove([
      { Key, VersionId },
      { Key, VersionId: older },
      { Key, VersionId: 'abc' },
    ]);
    expect(Deleted).toEqual([
      { Key, VersionId, DeleteMarker: true, DeleteMarkerVersionId: VersionId },
      { Key, VersionId: older },
    ]);
    expect(Errors).toMatchObject([{ Key, VersionId: 'abc', Code: 'NoSuchVersion' }]);
    expect(versions()).toEqual([['k', newer]]);
    const { Body } = await send(new GetObjectCommand({ Bucket, Key }));
    expect(await Body?.transformToString()).toBe('newer!');
  });
});
