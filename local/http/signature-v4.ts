import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { canonicalRequestOf } from './canonical-request.js';
import {
  type SignatureClaim,
  type SignatureRefusal,
  type SignedRequest,
  parseAmzDate,
  readClaim,
} from './signature-claim.js';
import { normalizePath } from './uri.js';

export type { SignatureRefusal, SignedRequest } from './signature-claim.js';

/** A key that may sign requests. With a session token, requests must carry it. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Whom the key stands for; the account's root where it names nobody. */
  principalArn?: string;
  /** Of a role that was assumed: how whoever did so called the session. */
  sessionName?: string;
  /** Milliseconds since the epoch, by the engine's clock; without it, the key is good for ever. */
  expiresAt?: number;
}

/** What the verifier knows: who may sign, and for where. */
export interface SignatureScope {
  region: string;
  service: string;
  credentials: ReadonlyMap<string, Credentials>;
  /** Milliseconds since the epoch. */
  now: number;
}

/** What a proved signature says; the rest is what a chain of signed chunks goes on from. */
export interface Signature {
  credentials: Credentials;
  /** The hash of the body that was signed, or one of the names that stand for none (`UNSIGNED-PAYLOAD`, `STREAMING-…`). */
  payloadHash: string;
  signature: string;
  signingKey: Buffer;
  /** `20240131T120000Z` */
  timestamp: string;
  /** `20240131/eu-west-1/s3/aws4_request` */
  scope: string;
}

export type SignatureVerdict =
  | { kind: 'signed'; signature: Signature }
  | { kind: 'anonymous' }
  | { kind: 'refused'; refusal: SignatureRefusal };

/** How far a request's time may be from the service's, in milliseconds. */
export const MAX_SKEW = 900_000;

/**
 * Checks AWS Signature Version 4, in the `Authorization` header or in the query (presigned), the way S3 reads it: the path encoded once.
 * The body is not looked at: the caller compares it with `payloadHash`.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export function verifySignature(request: SignedRequest, scope: SignatureScope): SignatureVerdict {
  const claim = readClaim(request);
  if (claim === undefined) return { kind: 'anonymous' };
  const refusal = 'kind' in claim ? claim : judge(claim, request, scope);
  return 'kind' in refusal ? { kind: 'refused', refusal } : { kind: 'signed', signature: refusal };
}

export const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();

function judge(claim: SignatureClaim, request: SignedRequest, known: SignatureScope): SignatureRefusal | Signature {
  const [date = '', region = '', service = '', terminator = ''] = claim.scope;
  const malformed = (message: string): SignatureRefusal => ({ kind: 'malformed', where: claim.where, message });
  if (region !== known.region) {
    return {
      ...malformed(`the region '${region}' is wrong; expecting '${known.region}'`),
      region: known.region,
    } as SignatureRefusal;
  }
  if (service !== known.service)
    return malformed(`incorrect service "${service}". This endpoint belongs to "${known.service}".`);
  if (terminator !== 'aws4_request')
    return malformed(`incorrect terminal "${terminator}". This endpoint uses "aws4_request".`);
  if (!claim.timestamp.startsWith(date))
    return malformed(
      `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${claim.timestamp.slice(0, 8)}".`,
    );

  const credentials = known.credentials.get(claim.accessKeyId);
  if (!credentials) return { kind: 'unknownKey', accessKeyId: claim.accessKeyId };
  if (credentials.sessionToken !== claim.token) {
    // A key of long standing ignores no token: S3 looks the token up first.
    return credentials.sessionToken !== undefined && claim.token === undefined
      ? { kind: 'unknownKey', accessKeyId: claim.accessKeyId }
      : { kind: 'invalidToken', token: claim.token ?? '' };
  }
  const late = judgeTime(claim, known.now);
  if (late) return late;
  const names = unsignedHeaders(request.headers, claim);
  if (names.length > 0) return { kind: 'unsignedHeaders', names };

  const scope = claim.scope.join('/');
  const signingKey = signingKeyOf(credentials, scope);
  let canonicalRequest = '';
  let stringToSign = '';
  // Signers encode the path anew; the few that sign it as sent are right as well, since it is the path that came.
  for (const path of new Set([normalizePath(request.path), request.path])) {
    canonicalRequest = canonicalRequestOf(request, path, claim.signedHeaders, claim.payloadHash);
    stringToSign = `AWS4-HMAC-SHA256\n${claim.timestamp}\n${scope}\n${createHash('sha256').update(canonicalRequest, 'latin1').digest('hex')}`;
    if (sameText(hmac(signingKey, stringToSign).toString('hex'), claim.signature)) {
      return {
        credentials,
        payloadHash: claim.payloadHash,
        signature: claim.signature,
        signingKey,
        timestamp: claim.timestamp,
        scope,
      };
    }
  }
  return {
    kind: 'mismatch',
    accessKeyId: claim.accessKeyId,
    stringToSign,
    canonicalRequest,
    signature: claim.signature,
  };
}

function judgeTime(claim: SignatureClaim, now: number): SignatureRefusal | undefined {
  const signed = parseAmzDate(claim.timestamp);
  if (claim.expires === undefined) {
    return Math.abs(now - signed) > MAX_SKEW ? { kind: 'skewed', requestTime: claim.timestamp } : undefined;
  }
  const expiredAt = signed + claim.expires * 1000;
  if (signed - now > MAX_SKEW) return { kind: 'notYetValid' };
  return now > expiredAt ? { kind: 'expired', seconds: claim.expires, expiredAt } : undefined;
}

/** Headers that S3 wants signed, and that are not. */
function unsignedHeaders(headers: IncomingHttpHeaders, claim: SignatureClaim): string[] {
  const signed = claim.signedHeaders;
  const names = signed.includes('host') ? [] : ['host'];
  for (const name in headers) {
    if (name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !signed.includes(name)) names.push(name);
  }
  return names;
}

/** Signing keys, which cost four HMACs and live a day. */
const signingKeys = new Map<string, Buffer>();

function signingKeyOf({ secretAccessKey }: Credentials, scope: string): Buffer {
  const cached = signingKeys.get(`${secretAccessKey} ${scope}`);
  if (cached) return cached;
  let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
  for (const part of scope.split('/')) key = hmac(key, part);
  if (signingKeys.size > 1000) signingKeys.clear();
  signingKeys.set(`${secretAccessKey} ${scope}`, key);
  return key;
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
