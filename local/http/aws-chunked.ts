import { createHash } from 'node:crypto';
import { type Signature, hmac } from './signature-v4.js';

/** The body inside an `aws-chunked` one, and the headers that trail it. */
export type ChunkedBody =
  | { kind: 'decoded'; data: Buffer; trailers: Map<string, string> }
  | { kind: 'incomplete' }
  | { kind: 'chunkTooSmall'; chunk: number; size: number }
  | { kind: 'malformedTrailer' }
  | { kind: 'signatureMismatch' };

/**
 * Decodes `Content-Encoding: aws-chunked`. With a seed, each chunk's signature must follow from the one before it, and so the trailer's.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
 */
export function decodeAwsChunked(body: Buffer, seed?: Signature): ChunkedBody {
  const chain = seed && new SignatureChain(seed);
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', position, 'latin1');
    // 16 hex digits, a signature and its name stay below this; a body that is no chunk list is not searched to its end for nothing.
    if (lineEnd < 0 || lineEnd - position > MAX_CHUNK_HEADER) return { kind: 'incomplete' };
    const header = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(
      body.toString('latin1', position, lineEnd),
    );
    if (!header) return { kind: 'incomplete' };
    const size = Number.parseInt(header[1] ?? '', 16);
    const start = lineEnd + 2;
    const data = body.subarray(start, start + size);
    if (data.length < size) return { kind: 'incomplete' };
    if (chain && !chain.accepts(data, header[2])) return { kind: 'signatureMismatch' };
    if (size === 0) return readTrailers(body.subarray(start), chunks, chain);
    const previous = chunks.at(-1);
    if (chain && previous && previous.length < MIN_SIGNED_CHUNK) {
      return { kind: 'chunkTooSmall', chunk: chunks.length + 1, size: previous.length };
    }
    chunks.push(data);
    if (body.toString('latin1', start + size, start + size + 2) !== '\r\n') return { kind: 'incomplete' };
    position = start + size + 2;
  }
}

const MAX_CHUNK_HEADER = 128;
/** All but the last of signed chunks must have this many bytes. */
const MIN_SIGNED_CHUNK = 8192;
const SHA256_OF_NOTHING = createHash('sha256').digest('hex');

function readTrailers(rest: Buffer, chunks: Buffer[], chain: SignatureChain | undefined): ChunkedBody {
  const trailers = new Map<string, string>();
  let signed = '';
  for (const line of rest.toString('latin1').split(/\r\n|\n/)) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon <= 0) return { kind: 'malformedTrailer' };
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') {
      if (chain && !chain.acceptsTrailer(signed, value)) return { kind: 'signatureMismatch' };
      signed = '';
    } else {
      trailers.set(name, value);
      signed += `${name}:${value}\n`;
    }
  }
  if (chain && signed !== '') return { kind: 'signatureMismatch' };
  return { kind: 'decoded', data: Buffer.concat(chunks), trailers };
}

class SignatureChain {
  #previous: string;
  readonly #seed: Signature;

  constructor(seed: Signature) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  accepts(data: Buffer, signature: string | undefined): boolean {
    return this.#follows('AWS4-HMAC-SHA256-PAYLOAD', `${SHA256_OF_NOTHING}\n${sha256(data)}`, signature);
  }

  acceptsTrailer(canonical: string, signature: string): boolean {
    return this.#follows('AWS4-HMAC-SHA256-TRAILER', sha256(canonical), signature);
  }

  #follows(algorithm: string, hashes: string, signature: string | undefined): boolean {
    const { timestamp, scope, signingKey } = this.#seed;
    const expected = hmac(signingKey, `${algorithm}\n${timestamp}\n${scope}\n${this.#previous}\n${hashes}`).toString(
      'hex',
    );
    this.#previous = expected;
    return expected === signature;
  }
}

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
