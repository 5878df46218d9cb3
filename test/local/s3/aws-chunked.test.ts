import { createHash, createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeAwsChunked } from '../../../local/http/aws-chunked.js';
import type { Signature } from '../../../local/http/signature-v4.js';
import { useS3 } from './support/server.js';

const frame = (pieces: readonly Buffer[], trailers: Record<string, string> = {}) =>
  Buffer.concat([
    ...pieces.flatMap((piece) => [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
    Buffer.from(
      `0\r\n${Object.entries(trailers)
        .map(([name, value]) => `${name}:${value}\r\n`)
        .join('')}\r\n`,
    ),
  ]);

const hex = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
const seed: Signature = {
  credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  signature: hex('seed'),
  signingKey: Buffer.from('signing key'),
  timestamp: '20240501T120000Z',
  scope: '20240501/eu-west-1/s3/aws4_request',
};

/** Frames and signs, written from the documentation apart from the code under test. */
function signedFrame(pieces: readonly Buffer[], trailers: Record<string, string> = {}): Buffer {
  let previous = seed.signature;
  const follow = (algorithm: string, hashes: string) => {
    previous = createHmac('sha256', seed.signingKey)
      .update([algorithm, seed.timestamp, seed.scope, previous, hashes].join('\n'))
      .digest('hex');
    return previous;
  };
  const chunks = [...pieces, Buffer.alloc(0)].map((piece) => {
    const signature = follow('AWS4-HMAC-SHA256-PAYLOAD', `${hex('')}\n${hex(piece)}`);
    return Buffer.concat([
      Buffer.from(`${piece.length.toString(16)};chunk-signature=${signature}\r\n`),
      piece,
      Buffer.from(piece.length > 0 ? '\r\n' : ''),
    ]);
  });
  const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}`);
  if (lines.length > 0)
    lines.push(
      `x-amz-trailer-signature:${follow('AWS4-HMAC-SHA256-TRAILER', hex(lines.map((line) => `${line}\n`).join('')))}`,
    );
  return Buffer.concat([...chunks, Buffer.from(`${lines.map((line) => `${line}\r\n`).join('')}\r\n`)]);
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((array) => Buffer.from(array));

describe('aws-chunked bodies', () => {
  it('pieces come out as they went in, with their trailers', () => {
    fc.assert(
      fc.property(
        fc.array(bytes, { maxLength: 5 }),
        fc.dictionary(fc.constantFrom('x-amz-checksum-crc32', 'x-amz-other'), fc.base64String()),
        (pieces, trailers) => {
          const decoded = decodeAwsChunked(frame(pieces, trailers));
          expect(decoded).toEqual({
            kind: 'decoded',
            data: Buffer.concat(pieces),
            trailers: new Map(Object.entries(trailers)),
          });
        },
      ),
    );
  });

  it('a body that is cut off anywhere before its end is incomplete', () => {
    const whole = frame([Buffer.from('hello'), Buffer.from('world')]);
    for (let length = 0; length < whole.length - '\r\n'.length; length += 1) {
      expect(decodeAwsChunked(whole.subarray(0, length)).kind).toMatch(/incomplete|decoded/);
      if (length < whole.length - '0\r\n\r\n'.length)
        expect(decodeAwsChunked(whole.subarray(0, length)).kind).toBe('incomplete');
    }
  });

  it('whatever bytes come, they are decoded or refused, never an exception', () => {
    const noise = fc.array(
      fc.oneof(
        fc.constantFrom('5\r\n', '0\r\n', '\r\n', 'ffffffffffff\r\n', ';chunk-signature=', ':', 'a:b\r\n'),
        bytes.map((buffer) => buffer.toString('latin1')),
      ),
    );
    fc.assert(
      fc.property(noise, (pieces) => {
        expect(typeof decodeAwsChunked(Buffer.from(pieces.join(''), 'latin1')).kind).toBe('string');
      }),
      { numRuns: 1000 },
    );
  });

  it('signed chunks and trailers are believed as they were signed, and refused when a byte is changed', () => {
    const pieces = [Buffer.alloc(8192, 'a'), Buffer.alloc(9000, 'b'), Buffer.from('last')];
    const body = signedFrame(pieces, { 'x-amz-checksum-crc32': 'AAAAAA==' });
    expect(decodeAwsChunked(body, seed)).toMatchObject({ kind: 'decoded', data: Buffer.concat(pieces) });
    for (const at of [30, 100, 8500, 17_500, body.indexOf('AAAAAA=='), body.length - 10]) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] as number) === 0x61 ? 0x62 : 0x61;
      expect(decodeAwsChunked(changed, seed).kind).not.toBe('decoded');
    }
  });

  it('small chunks before the last are refused where chunks are signed', () => {
    expect(decodeAwsChunked(signedFrame([Buffer.from('small'), Buffer.from('last')]), seed)).toMatchObject({
      kind: 'chunkTooSmall',
      size: 5,
    });
  });
});

describe('chunked uploads', () => {
  const server = useS3();
  beforeAll(() => server().s3.createBucket('bucket'));
  const put = (body: Buffer, headers: Record<string, string>) =>
    server().sendSigned({
      method: 'PUT',
      path: '/bucket/key',
      body,
      headers: {
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'content-encoding': 'aws-chunked',
        ...headers,
      },
    });
  const code = ({ text }: { text: string }) => /<Code>(.*?)<\/Code>/.exec(text)?.[1];

  it('a checksum in a trailer is checked', async () => {
    const announced = { 'x-amz-decoded-content-length': '5', 'x-amz-trailer': 'x-amz-checksum-crc32' };
    const body = (crc32: string) => frame([Buffer.from('hello')], { 'x-amz-checksum-crc32': crc32 });
    expect((await put(body('NhCmhg=='), announced)).status).toBe(200);
    expect(code(await put(body('AAAAAA=='), announced))).toBe('BadDigest');
    expect(code(await put(frame([Buffer.from('hello')]), announced))).toBe('MalformedTrailerError');
  });

  it('the length that was announced must be the length that came', async () => {
    expect(code(await put(frame([Buffer.from('hello')]), { 'x-amz-decoded-content-length': '6' }))).toBe(
      'IncompleteBody',
    );
    expect(code(await put(frame([Buffer.from('hello')]), {}))).toBe('MissingContentLength');
    expect(code(await put(Buffer.from('not chunked'), { 'x-amz-decoded-content-length': '11' }))).toBe(
      'IncompleteBody',
    );
  });

  it('a body without a length is refused, as S3 refuses it', async () => {
    const { status, text } = await server().sendSigned({
      method: 'PUT',
      path: '/bucket/key',
      body: 'x',
      headers: { 'transfer-encoding': 'chunked', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    });
    expect([status, text]).toEqual([501, expect.stringContaining('<Header>Transfer-Encoding</Header>')]);
  });
});
