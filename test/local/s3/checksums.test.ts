import { createHash } from 'node:crypto';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Body } from '../../../local/s3/body.js';
import { checksumOf } from '../../../local/s3/checksums.js';
import { crc, crcOfZeros, joinCrcs } from '../../../local/s3/crc.js';
import { refusal, useS3 } from './support/server.js';

const server = useS3();
const Bucket = 'checksums';
beforeAll(() => server().s3.createBucket(Bucket));

const CRCS = ['CRC32', 'CRC32C', 'CRC64NVME'] as const;

describe('checksums', () => {
  it.each([
    ['CRC32', 'cbf43926'],
    ['CRC32C', 'e3069283'],
    ['CRC64NVME', 'ae8b14860a799888'],
    ['SHA1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
    ['SHA256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
  ] as const)('%s of "123456789" is the published value', (algorithm, hex) => {
    expect(checksumOf(algorithm, Body.of(Buffer.from('123456789')))).toBe(Buffer.from(hex, 'hex').toString('base64'));
  });

  it('a CRC is the same in one piece, in two, and joined from those of two', () => {
    const bytes = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(fc.constantFrom(...CRCS), bytes, bytes, fc.nat({ max: 5000 }), (name, a, b, zeros) => {
        const [first, second] = [Buffer.from(a), Buffer.from(b)];
        const whole = crc(name, Buffer.concat([first, second]));
        expect(crc(name, second, crc(name, first))).toBe(whole);
        expect(joinCrcs(name, crc(name, first), crc(name, second), second.length)).toBe(whole);
        expect(crcOfZeros(name, zeros)).toBe(crc(name, Buffer.alloc(zeros)));
      }),
    );
  });

  it('a body of slices, joins and zeros is the bytes that it stands for', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
      fc.nat({ max: 50 }).map((zeros) => ({ zeros })),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.nat(), fc.nat(), (pieces, x, y) => {
        const bytes = Buffer.concat(pieces.map((part) => ('zeros' in part ? Buffer.alloc(part.zeros) : part)));
        const body = Body.join(pieces.map((part) => Body.of(part)));
        const [start, end] = [x % (bytes.length + 1), y % (bytes.length + 1)].toSorted((a, b) => a - b) as [
          number,
          number,
        ];
        expect(body.slice(start, end).toBuffer().equals(bytes.subarray(start, end))).toBe(true);
        expect(body.slice(start, end).size).toBe(end - start);
        expect(body.digest('md5')).toEqual(createHash('md5').update(bytes).digest());
        for (const name of CRCS) expect(body.crc(name)).toBe(crc(name, bytes));
      }),
    );
  });
});

describe('checksums of what is sent', () => {
  const put = (more: object) =>
    server().client.send(new PutObjectCommand({ Bucket, Key: 'object', Body: 'hello', ...more }));
  const head = () => server().client.send(new HeadObjectCommand({ Bucket, Key: 'object', ChecksumMode: 'ENABLED' }));

  it.each([
    ['CRC32', 'NhCmhg=='],
    ['CRC32C', 'mnG7TA=='],
    ['CRC64NVME', 'M3eFcAZSQlc='],
    ['SHA1', 'qvTGHdzF6KLavt4PO0gs2a6pQ00='],
    ['SHA256', 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ='],
  ] as const)('%s is checked, kept and shown', async (algorithm, value) => {
    const field = `Checksum${algorithm}` as const;
    const right = algorithm === 'CRC64NVME' ? checksumOf('CRC64NVME', Body.of(Buffer.from('hello'))) : value;
    expect(await put({ [field]: right })).toMatchObject({ [field]: right, ChecksumType: 'FULL_OBJECT' });
    expect(await head()).toMatchObject({ [field]: right, ChecksumType: 'FULL_OBJECT' });
    const wrong = Buffer.alloc(Buffer.from(right, 'base64').length).toString('base64');
    expect(await refusal(put({ [field]: wrong }))).toMatchObject({
      name: 'BadDigest',
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
    expect(await refusal(put({ [field]: 'short' }))).toMatchObject({ name: 'InvalidRequest' });
  });

  it('an object that came without a checksum has a CRC64NVME', async () => {
    const answer = await server().sendSigned({ method: 'PUT', path: `/${Bucket}/bare`, body: '123456789' });
    expect(answer.headers['x-amz-checksum-crc64nvme']).toBe('rosUhgp5mIg=');
  });

  it('two checksums at once are refused', async () => {
    const headers = { 'x-amz-checksum-crc32': 'NhCmhg==', 'x-amz-checksum-sha1': 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' };
    expect(
      (await server().sendSigned({ method: 'PUT', path: `/${Bucket}/two`, body: 'hello', headers })).text,
    ).toContain('<Code>InvalidRequest</Code>');
  });

  it('Content-MD5 must be an MD5, and that of the body', async () => {
    await put({ ContentMD5: createHash('md5').update('hello').digest('base64') });
    expect(await refusal(put({ ContentMD5: createHash('md5').update('other').digest('base64') }))).toMatchObject({
      name: 'BadDigest',
    });
    expect(await refusal(put({ ContentMD5: 'nonsense' }))).toMatchObject({ name: 'InvalidDigest' });
  });

  it('nothing is stored of a body that is not what its sender meant', async () => {
    await refusal(
      server().client.send(new PutObjectCommand({ Bucket, Key: 'refused', Body: 'hello', ChecksumCRC32: 'AAAAAA==' })),
    );
    expect(server().s3.getObject(Bucket, 'refused')).toBeUndefined();
  });
});
