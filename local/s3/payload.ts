import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { decodeAwsChunked } from '../http/aws-chunked.js';
import { BodyTooLarge, hasBody, readBody } from '../http/request-body.js';
import type { Signature } from '../http/signature-v4.js';
import { MAX_SINGLE_SIZE } from './multipart-upload.js';
import { S3Error, notImplemented } from './s3-error.js';

/** A body that is what its sender meant: whole, and equal to the hash that was signed and to `Content-MD5`. */
export interface Payload {
  data: Buffer;
  /** Headers after the body, names in lower case. */
  trailers: ReadonlyMap<string, string>;
}

/**
 * Reads a request's body, whatever its framing.
 * @throws S3Error naming what is missing, too much, or does not match
 */
export async function readPayload(
  request: IncomingMessage,
  payloadHash: string,
  signature: Signature | undefined,
): Promise<Payload> {
  const chunked = payloadHash.startsWith('STREAMING-');
  checkFraming(request, chunked);
  const raw = await read(request);
  const payload = chunked ? decodeChunks(request, raw, payloadHash, signature) : { data: raw, trailers: NO_TRAILERS };
  if (/^[0-9a-f]{64}$/.test(payloadHash) && signature) {
    const computed = createHash('sha256').update(payload.data).digest('hex');
    if (computed !== payloadHash) {
      throw new S3Error('XAmzContentSHA256Mismatch', {
        ClientComputedContentSHA256: payloadHash,
        S3ComputedContentSHA256: computed,
      });
    }
  }
  checkContentMd5(request.headers['content-md5'] as string | undefined, payload.data);
  return payload;
}

const NO_TRAILERS: ReadonlyMap<string, string> = new Map();
/** Room for the framing of an `aws-chunked` body of the largest size. */
const MAX_RAW = MAX_SINGLE_SIZE + 64 * 1024 * 1024;

function checkFraming({ headers }: IncomingMessage, chunked: boolean): void {
  if (chunked) {
    const length = headers['x-amz-decoded-content-length'] as string | undefined;
    if (length === undefined || !/^\d+$/.test(length)) throw new S3Error('MissingContentLength');
    refuseTooLarge(Number(length));
  } else if (headers['transfer-encoding'] !== undefined) {
    throw new S3Error('NotImplemented', { Header: 'Transfer-Encoding' });
  } else if (headers['content-length'] === undefined) {
    throw new S3Error('MissingContentLength');
  }
  refuseTooLarge(Number(headers['content-length'] ?? 0), MAX_RAW);
}

function refuseTooLarge(size: number, limit = MAX_SINGLE_SIZE): void {
  if (size > limit) throw new S3Error('EntityTooLarge', { ProposedSize: size, MaxSizeAllowed: MAX_SINGLE_SIZE });
}

async function read(request: IncomingMessage): Promise<Buffer> {
  if (!hasBody(request)) return Buffer.alloc(0);
  try {
    return await readBody(request, MAX_RAW);
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new S3Error('EntityTooLarge', { MaxSizeAllowed: MAX_SINGLE_SIZE });
    throw error;
  }
}

function decodeChunks(
  { headers }: IncomingMessage,
  raw: Buffer,
  payloadHash: string,
  signature: Signature | undefined,
): Payload {
  const signed = payloadHash.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  if (!signed && payloadHash !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER')
    throw notImplemented({ header: `x-amz-content-sha256: ${payloadHash}` });
  const decoded = decodeAwsChunked(raw, signed ? signature : undefined);
  switch (decoded.kind) {
    case 'incomplete':
      throw new S3Error('IncompleteBody', {}, 'The request body terminated unexpectedly');
    case 'chunkTooSmall':
      throw new S3Error('InvalidChunkSizeError', { Chunk: decoded.chunk, BadChunkSize: decoded.size });
    case 'malformedTrailer':
      throw new S3Error('MalformedTrailerError');
    case 'signatureMismatch':
      throw new S3Error('SignatureDoesNotMatch');
    case 'decoded':
  }
  if (decoded.data.length !== Number(headers['x-amz-decoded-content-length'])) throw new S3Error('IncompleteBody');
  const announced =
    (headers['x-amz-trailer'] as string | undefined)?.split(',').map((name) => name.trim().toLowerCase()) ?? [];
  if (announced.some((name) => !decoded.trailers.has(name))) throw new S3Error('MalformedTrailerError');
  return decoded;
}

function checkContentMd5(claimed: string | undefined, data: Buffer): void {
  if (claimed === undefined) return;
  const digest = Buffer.from(claimed, 'base64');
  if (digest.length !== 16 || digest.toString('base64') !== claimed)
    throw new S3Error('InvalidDigest', { 'Content-MD5': claimed });
  const computed = createHash('md5').update(data).digest('base64');
  if (computed !== claimed) throw new S3Error('BadDigest', { ExpectedDigest: claimed, CalculatedDigest: computed });
}
