import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ODD_KEYS, copySource, refusal, useS3 } from './support/server.js';

const server = useS3();
let bucket = 0;
let Bucket = '';
beforeEach(() => {
  bucket += 1;
  Bucket = `multipart-${bucket}`;
  server().s3.createBucket(Bucket);
});

const MIB = 1024 * 1024;
const begin = async (Key: string, more: object = {}) =>
  (await server().client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId as string;
const part = async (
  Key: string,
  UploadId: string,
  PartNumber: number,
  Body: Buffer,
  more: object = {},
): Promise<CompletedPart> => {
  const { ETag } = await server().client.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...more }),
  );
  return { PartNumber, ETag };
};
const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) =>
  server().client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }),
  );
const md5 = (data: Buffer) => createHash('md5').update(data).digest();

describe('multipart uploads', () => {
  it('parts make an object with the ETag of their MD5s, whatever the order they came in', async () => {
    const [first, second] = [Buffer.alloc(5 * MIB, 1), Buffer.alloc(100, 2)];
    const id = await begin('object', {
      ContentType: 'text/plain',
      Metadata: { a: 'b' },
      StorageClass: 'STANDARD_IA',
      Tagging: 'x=1',
    });
    const later = await part('object', id, 7, second);
    const parts = [await part('object', id, 2, first), later];
    const { ETag, Location } = await complete('object', id, parts);
    expect(ETag).toBe(`"${createHash('md5').update(md5(first)).update(md5(second)).digest('hex')}-2"`);
    expect(Location).toBe(`${server().endpoint}/${Bucket}/object`);
    expect(
      server()
        .s3.getObject(Bucket, 'object')
        ?.body.equals(Buffer.concat([first, second])),
    ).toBe(true);
    const head = (more: object = {}) => server().client.send(new HeadObjectCommand({ Bucket, Key: 'object', ...more }));
    expect(await head()).toMatchObject({
      ContentType: 'text/plain',
      Metadata: { a: 'b' },
      StorageClass: 'STANDARD_IA',
      TagCount: 1,
      ContentLength: 5 * MIB + 100,
    });
    expect(await head({ PartNumber: 7 })).toMatchObject({
      PartsCount: 2,
      ContentLength: 100,
      ContentRange: 'bytes 5242880-5242979/5242980',
    });
    expect(await refusal(head({ PartNumber: 3 }))).toMatchObject({ status: 416 });
  });

  it('an upload does not show until it is complete, and is gone when it is aborted', async () => {
    const id = await begin('hidden');
    await part('hidden', id, 1, Buffer.from('x'));
    expect(server().s3.getObject(Bucket, 'hidden')).toBeUndefined();
    await server().client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'hidden', UploadId: id }));
    const calls = [
      () => part('hidden', id, 2, Buffer.from('x')),
      () => complete('hidden', id, [{ PartNumber: 1, ETag: 'x' }]),
      () => server().client.send(new ListPartsCommand({ Bucket, Key: 'hidden', UploadId: id })),
    ];
    for (const call of calls) expect(await refusal(call())).toMatchObject({ name: 'NoSuchUpload', status: 404 });
  });

  it('an upload belongs to its key', async () => {
    const id = await begin('mine');
    expect(await refusal(part('yours', id, 1, Buffer.from('x')))).toMatchObject({ name: 'NoSuchUpload' });
  });

  it('a part that is sent again replaces the one before', async () => {
    const id = await begin('again');
    await part('again', id, 1, Buffer.from('first'));
    const parts = [await part('again', id, 1, Buffer.from('second'))];
    await complete('again', id, parts);
    expect(server().s3.getObject(Bucket, 'again')?.body.toString()).toBe('second');
  });

  it('completing once more is answered like the first time, until something else is there', async () => {
    const id = await begin('twice');
    const parts = [await part('twice', id, 1, Buffer.from('x'))];
    const { ETag } = await complete('twice', id, parts);
    expect((await complete('twice', id, parts)).ETag).toBe(ETag);
    server().s3.putObject(Bucket, 'twice', Buffer.from('other'));
    expect(await refusal(complete('twice', id, parts))).toMatchObject({ name: 'NoSuchUpload' });
  });

  it('a list of parts that does not fit what was uploaded is refused by name', async () => {
    const id = await begin('picky');
    const [one, two] = [
      await part('picky', id, 1, Buffer.from('small')),
      await part('picky', id, 2, Buffer.from('last')),
    ];
    expect(await refusal(complete('picky', id, [one, two]))).toMatchObject({
      name: 'EntityTooSmall',
      PartNumber: '1',
      ProposedSize: '5',
      MinSizeAllowed: '5242880',
    });
    expect(await refusal(complete('picky', id, [two, one]))).toMatchObject({ name: 'InvalidPartOrder' });
    expect(await refusal(complete('picky', id, [two, two]))).toMatchObject({ name: 'InvalidPartOrder' });
    expect(await refusal(complete('picky', id, [{ PartNumber: 3, ETag: one.ETag }]))).toMatchObject({
      name: 'InvalidPart',
    });
    expect(await refusal(complete('picky', id, [{ PartNumber: 1, ETag: two.ETag }]))).toMatchObject({
      name: 'InvalidPart',
    });
    expect(await refusal(complete('picky', id, []))).toMatchObject({ name: 'MalformedXML' });
    expect(await refusal(complete('picky', id, [two], { MpuObjectSize: 5 }))).toMatchObject({ name: 'InvalidRequest' });
    expect(await refusal(part('picky', id, 10_001, Buffer.from('x')))).toMatchObject({ name: 'InvalidArgument' });
    await complete('picky', id, [two], { MpuObjectSize: 4 });
  });

  it('a completion holds to its conditions, and to what was there when it began', async () => {
    const id = await begin('new');
    const parts = [await part('new', id, 1, Buffer.from('x'))];
    server().s3.putObject(Bucket, 'new', Buffer.from('faster'));
    expect(await refusal(complete('new', id, parts, { IfNoneMatch: '*' }))).toMatchObject({
      name: 'PreconditionFailed',
      status: 412,
    });
    server().s3.deleteObject(Bucket, 'new');
    await complete('new', id, parts, { IfNoneMatch: '*' });

    const replacing = await begin('new');
    const others = [await part('new', replacing, 1, Buffer.from('y'))];
    server().s3.deleteObject(Bucket, 'new');
    expect(await refusal(complete('new', replacing, others, { IfNoneMatch: '*' }))).toMatchObject({
      name: 'ConditionalRequestConflict',
      status: 409,
    });
  });

  it('a write to the key while the upload ran voids its If-Match, even one of the same bytes', async () => {
    const { s3 } = server();
    const { etag } = s3.putObject(Bucket, 'same', Buffer.from('x'));
    const id = await begin('same');
    const parts = [await part('same', id, 1, Buffer.from('y'))];
    expect(await refusal(complete('same', id, parts, { IfMatch: '"other"' }))).toMatchObject({
      status: 412,
      Condition: 'If-Match',
    });
    s3.putObject(Bucket, 'same', Buffer.from('x'));
    expect(await refusal(complete('same', id, parts, { IfMatch: etag }))).toMatchObject({
      name: 'ConditionalRequestConflict',
      status: 409,
    });
    const again = await begin('same');
    await complete('same', again, [await part('same', again, 1, Buffer.from('y'))], { IfMatch: etag });
  });

  it('the time of the object is the time that its upload was begun', async () => {
    const id = await begin('slow');
    const { Uploads } = await server().client.send(new ListMultipartUploadsCommand({ Bucket }));
    await complete('slow', id, [await part('slow', id, 1, Buffer.from('x'))]);
    expect((await server().client.send(new HeadObjectCommand({ Bucket, Key: 'slow' }))).LastModified).toEqual(
      Uploads?.[0]?.Initiated,
    );
  });

  it("the SDK's own uploader stores a stream of 12 MiB", async () => {
    const content = Buffer.alloc(12 * MIB, 'abc');
    const upload = new Upload({
      client: server().client,
      params: { Bucket, Key: 'stream', Body: content },
      partSize: 5 * MIB,
    });
    expect(await upload.done()).toMatchObject({ ETag: expect.stringMatching(/-3"$/), ChecksumType: 'COMPOSITE' });
    expect(server().s3.getObject(Bucket, 'stream')?.body.equals(content)).toBe(true);
  });
});

describe('copied parts', () => {
  it('a part is a range of another object, and an object copied in its own parts keeps its ETag', async () => {
    const content = Buffer.alloc(11 * MIB, 'xyz');
    const { etag } = server().s3.putObject(Bucket, 'a source+%', content, { multipartParts: 2 });
    const half = content.length / 2;
    const id = await begin('copy');
    const copy = async (PartNumber: number, from: number, to: number): Promise<CompletedPart> => {
      const answer = await server().client.send(
        new UploadPartCopyCommand({
          Bucket,
          Key: 'copy',
          UploadId: id,
          PartNumber,
          CopySource: copySource(Bucket, 'a source+%'),
          CopySourceRange: `bytes=${from}-${to - 1}`,
          CopySourceIfMatch: etag,
        }),
      );
      return { PartNumber, ETag: answer.CopyPartResult?.ETag };
    };
    const { ETag } = await complete('copy', id, [await copy(1, 0, half), await copy(2, half, content.length)]);
    expect(ETag).toBe(`"${etag}"`);
    expect(server().s3.getObject(Bucket, 'copy')?.body.equals(content)).toBe(true);
  });

  it.each([
    ['bytes=0-10', 'InvalidArgument'],
    ['bytes=10-11', 'InvalidRequest'],
    ['bytes=5-4', 'InvalidArgument'],
    ['bytes=-5', 'InvalidArgument'],
    ['0-5', 'InvalidArgument'],
  ])('the range %s of ten bytes is %s', async (CopySourceRange, name) => {
    server().s3.putObject(Bucket, 'ten', Buffer.from('0123456789'));
    const id = await begin('copy');
    const call = server().client.send(
      new UploadPartCopyCommand({
        Bucket,
        Key: 'copy',
        UploadId: id,
        PartNumber: 1,
        CopySource: `${Bucket}/ten`,
        CopySourceRange,
      }),
    );
    expect(await refusal(call)).toMatchObject({ name, status: 400 });
  });

  it('an object of 10 GiB of zeros is copied part by part without taking memory', async () => {
    const [count, size] = [50, 200 * MIB];
    const { etag } = server().s3.putObject(
      Bucket,
      'sparse',
      { zeros: count * size },
      { multipartParts: count, checksumAlgorithm: 'none' },
    );
    const id = await begin('copy');
    const parts: CompletedPart[] = [];
    for (let index = 0; index < count; index += 1) {
      const range = {
        CopySource: `${Bucket}/sparse`,
        CopySourceRange: `bytes=${index * size}-${(index + 1) * size - 1}`,
      };
      const { CopyPartResult } = await server().client.send(
        new UploadPartCopyCommand({ Bucket, Key: 'copy', UploadId: id, PartNumber: index + 1, ...range }),
      );
      parts.push({ PartNumber: index + 1, ETag: CopyPartResult?.ETag });
    }
    expect(await complete('copy', id, parts)).toMatchObject({ ETag: `"${etag}"`, ChecksumType: 'FULL_OBJECT' });
    const { Body, ContentLength } = await server().client.send(
      new GetObjectCommand({ Bucket, Key: 'copy', Range: `bytes=${count * size - 3}-` }),
    );
    expect([ContentLength, await Body?.transformToByteArray()]).toEqual([3, new Uint8Array(3)]);
  });
});

describe('checksums of multipart objects', () => {
  const data = [Buffer.alloc(5 * MIB, 'a'), Buffer.alloc(5 * MIB, 'b'), Buffer.from('c')];
  const upload = async (ChecksumAlgorithm: ChecksumAlgorithm, more: object, completion: object = {}) => {
    const id = await begin('summed', { ChecksumAlgorithm, ...more });
    const parts: CompletedPart[] = [];
    for (const [index, Body] of data.entries()) {
      const answer = await server().client.send(
        new UploadPartCommand({ Bucket, Key: 'summed', UploadId: id, PartNumber: index + 1, Body, ChecksumAlgorithm }),
      );
      const field = `Checksum${ChecksumAlgorithm}` as 'ChecksumSHA256';
      parts.push({ PartNumber: index + 1, ETag: answer.ETag, [field]: answer[field] });
    }
    return complete('summed', id, parts, completion);
  };

  it('a composite checksum is that of the parts, with their number', async () => {
    const answer = await upload('SHA256', {});
    const parts = data.map((bytes) => createHash('sha256').update(bytes).digest());
    const composite = createHash('sha256').update(Buffer.concat(parts)).digest('base64');
    expect(answer).toMatchObject({ ChecksumSHA256: `${composite}-3`, ChecksumType: 'COMPOSITE' });
    const { client } = server();
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: 'summed', ChecksumMode: 'ENABLED' }))).toMatchObject({
      ChecksumSHA256: `${composite}-3`,
    });
    expect(
      await client.send(new HeadObjectCommand({ Bucket, Key: 'summed', ChecksumMode: 'ENABLED', PartNumber: 3 })),
    ).toMatchObject({ ChecksumSHA256: parts[2]?.toString('base64') });
    expect(
      await client.send(
        new GetObjectAttributesCommand({
          Bucket,
          Key: 'summed',
          ObjectAttributes: ['Checksum', 'ObjectParts', 'ObjectSize'],
          MaxParts: 2,
        }),
      ),
    ).toMatchObject({
      Checksum: { ChecksumSHA256: composite, ChecksumType: 'COMPOSITE' },
      ObjectParts: {
        TotalPartsCount: 3,
        IsTruncated: true,
        NextPartNumberMarker: '2',
        Parts: [{ PartNumber: 1, ChecksumSHA256: parts[0]?.toString('base64') }, { PartNumber: 2 }],
      },
      ObjectSize: 10 * MIB + 1,
    });
  });

  it.each(['CRC32', 'CRC32C', 'CRC64NVME'] as const)(
    'a full-object %s of parts is that of the whole, and a wrong one is refused',
    async (algorithm) => {
      const { etag } = server().s3.putObject(Bucket, 'whole', Buffer.concat(data), { checksumAlgorithm: algorithm });
      expect(etag).toMatch(/^[0-9a-f]{32}$/);
      const whole = await server().client.send(
        new HeadObjectCommand({ Bucket, Key: 'whole', ChecksumMode: 'ENABLED' }),
      );
      const field = `Checksum${algorithm}` as const;
      const right = { [field]: whole[field], ChecksumType: 'FULL_OBJECT' };
      expect(await upload(algorithm, { ChecksumType: 'FULL_OBJECT' }, right)).toMatchObject(right);
      const wrong = { ...right, [field]: algorithm === 'CRC64NVME' ? 'AAAAAAAAAAA=' : 'AAAAAA==' };
      expect(await refusal(upload(algorithm, { ChecksumType: 'FULL_OBJECT' }, wrong))).toMatchObject({
        name: 'BadDigest',
      });
    },
  );

  it('kinds of checksum that do not exist are refused', async () => {
    expect(await refusal(begin('x', { ChecksumAlgorithm: 'SHA1', ChecksumType: 'FULL_OBJECT' }))).toMatchObject({
      name: 'InvalidRequest',
    });
    expect(await refusal(begin('x', { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'COMPOSITE' }))).toMatchObject({
      name: 'InvalidRequest',
    });
    expect(await refusal(begin('x', { ChecksumType: 'COMPOSITE' }))).toMatchObject({ name: 'InvalidRequest' });
  });

  it('a part without the checksum that the upload was begun with is refused', async () => {
    const id = await begin('strict', { ChecksumAlgorithm: 'SHA1' });
    expect(await refusal(part('strict', id, 1, Buffer.from('x')))).toMatchObject({
      name: 'InvalidRequest',
      message: 'Checksum Type mismatch occurred, expected checksum Type: sha1, actual checksum Type: crc32',
    });
  });
});

describe('lists of uploads', () => {
  it('parts are listed page by page', async () => {
    const id = await begin('object');
    for (const number of [3, 1, 2]) await part('object', id, number, Buffer.from('x'.repeat(number)));
    const list = (more: object) =>
      server().client.send(new ListPartsCommand({ Bucket, Key: 'object', UploadId: id, ...more }));
    expect(await list({ MaxParts: 2 })).toMatchObject({
      IsTruncated: true,
      NextPartNumberMarker: '2',
      Parts: [
        { PartNumber: 1, Size: 1 },
        { PartNumber: 2, Size: 2 },
      ],
      StorageClass: 'STANDARD',
    });
    expect(await list({ PartNumberMarker: '2' })).toMatchObject({
      IsTruncated: false,
      Parts: [{ PartNumber: 3, Size: 3, ETag: '"f561aaf6ef0bf14d4208bb46a4ccb3ad"' }],
    });
  });

  it('uploads under way are listed by key and then by age, page by page, odd keys too', async () => {
    const keys = ODD_KEYS.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const ids: string[] = [];
    for (const key of keys) ids.push(await begin(key), await begin(key));
    const listed: string[] = [];
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (;;) {
      const page = await server().client.send(
        new ListMultipartUploadsCommand({ Bucket, EncodingType: 'url', MaxUploads: 5, ...markers }),
      );
      for (const { Key = '', UploadId = '' } of page.Uploads ?? []) {
        expect(decodeURIComponent(Key.replaceAll('+', ' '))).toBe(keys[Math.floor(listed.length / 2)]);
        listed.push(UploadId);
      }
      if (!page.IsTruncated) break;
      markers = {
        KeyMarker: decodeURIComponent((page.NextKeyMarker ?? '').replaceAll('+', ' ')),
        UploadIdMarker: page.NextUploadIdMarker,
      };
    }
    expect(listed).toEqual(ids);
  });

  it('uploads are rolled up at a delimiter', async () => {
    for (const key of ['a/1', 'a/2', 'b', 'c/1']) await begin(key);
    expect(await server().client.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: '/' }))).toMatchObject({
      Uploads: [{ Key: 'b' }],
      CommonPrefixes: [{ Prefix: 'a/' }, { Prefix: 'c/' }],
    });
    expect(
      (await server().client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'a/' }))).Uploads,
    ).toHaveLength(2);
  });
});
