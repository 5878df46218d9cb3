import type { IncomingHttpHeaders } from 'node:http';
import type { QueryPair } from './uri.js';

/** What a signature covers, as it came over the wire. */
export interface SignedRequest {
  method: string;
  /** As sent, still percent-encoded. */
  path: string;
  query: readonly QueryPair[];
  headers: IncomingHttpHeaders;
}

/** What a request says of its signature, read but not believed. */
export interface SignatureClaim {
  where: 'header' | 'query';
  accessKeyId: string;
  scope: string[];
  signedHeaders: string[];
  signature: string;
  timestamp: string;
  payloadHash: string;
  token: string | undefined;
  /** Seconds that a presigned request lives. */
  expires?: number;
}

/** Why a request is not believed; each service words it in its own way. */
export type SignatureRefusal =
  | { kind: 'unsupportedMechanism' }
  | { kind: 'malformed'; where: 'header' | 'query'; message: string; region?: string }
  | { kind: 'missingDate' }
  | { kind: 'missingPayloadHash' }
  | { kind: 'unsignedHeaders'; names: string[] }
  | { kind: 'unknownKey'; accessKeyId: string }
  | { kind: 'invalidToken'; token: string }
  | { kind: 'skewed'; requestTime: string }
  | { kind: 'expired'; seconds: number; expiredAt: number }
  | { kind: 'notYetValid' }
  | { kind: 'mismatch'; accessKeyId: string; stringToSign: string; canonicalRequest: string; signature: string };

/** Reads the `Authorization` header or, for a presigned request, the query. @returns undefined where the request claims nothing. */
export function readClaim(request: SignedRequest): SignatureClaim | SignatureRefusal | undefined {
  return readHeaderClaim(request) ?? readQueryClaim(request);
}

/** `20240131T120000Z` in milliseconds since the epoch; NaN where it is no such time. */
export function parseAmzDate(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  return parts ? Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:${parts[6]}Z`) : Number.NaN;
}

function readHeaderClaim({ headers }: SignedRequest): SignatureClaim | SignatureRefusal | undefined {
  const authorization = headers.authorization;
  if (authorization === undefined) return undefined;
  if (!authorization.startsWith('AWS4-HMAC-SHA256')) return { kind: 'unsupportedMechanism' };
  const field = (name: string) => new RegExp(`(?:^|[\\s,])${name}=([^,\\s]*)`).exec(authorization)?.[1];
  const malformed = (message: string): SignatureRefusal => ({ kind: 'malformed', where: 'header', message });
  const credential = field('Credential');
  const signedHeaders = field('SignedHeaders');
  const signature = field('Signature');
  if (!credential)
    return malformed('the authorization header requires three components: Credential, SignedHeaders, and Signature.');
  if (!signedHeaders || !signature) {
    return malformed('the authorization header requires three components: Credential, SignedHeaders, and Signature.');
  }
  const [accessKeyId = '', ...scope] = splitCredential(credential);
  if (accessKeyId === '' || scope.length !== 4) {
    return malformed('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".');
  }
  const timestamp = single(headers['x-amz-date']) ?? basicDate(headers.date);
  if (timestamp === undefined || Number.isNaN(parseAmzDate(timestamp))) return { kind: 'missingDate' };
  const payloadHash = single(headers['x-amz-content-sha256']);
  if (payloadHash === undefined && scope[2] === 's3') return { kind: 'missingPayloadHash' };
  return {
    where: 'header',
    accessKeyId,
    scope,
    signedHeaders: signedHeaders.toLowerCase().split(';'),
    signature,
    timestamp,
    payloadHash: payloadHash ?? 'UNSIGNED-PAYLOAD',
    token: single(headers['x-amz-security-token']),
  };
}

function readQueryClaim({ query, headers }: SignedRequest): SignatureClaim | SignatureRefusal | undefined {
  const field = (name: string) => query.find(([key]) => key.toLowerCase() === name)?.[1];
  const algorithm = field('x-amz-algorithm');
  if (algorithm === undefined)
    return field('signature') !== undefined && field('awsaccesskeyid') ? { kind: 'unsupportedMechanism' } : undefined;
  const malformed = (message: string): SignatureRefusal => ({ kind: 'malformed', where: 'query', message });
  if (algorithm !== 'AWS4-HMAC-SHA256')
    return malformed('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"');
  const credential = field('x-amz-credential');
  const signature = field('x-amz-signature');
  const timestamp = field('x-amz-date');
  const signedHeaders = field('x-amz-signedheaders');
  const expires = field('x-amz-expires');
  if (!credential || !signature || !timestamp || !signedHeaders || expires === undefined) {
    return malformed(
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  const [accessKeyId = '', ...scope] = splitCredential(credential);
  if (accessKeyId === '' || scope.length !== 4) {
    return malformed(
      'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  if (Number.isNaN(parseAmzDate(timestamp)))
    return malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (!/^-?\d{1,18}$/.test(expires)) return malformed('X-Amz-Expires should be a number');
  if (Number(expires) < 0) return malformed('X-Amz-Expires must be non-negative');
  if (Number(expires) > 604_800)
    return malformed(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  return {
    where: 'query',
    accessKeyId,
    scope,
    signedHeaders: signedHeaders.toLowerCase().split(';'),
    signature,
    timestamp,
    payloadHash: field('x-amz-content-sha256') ?? single(headers['x-amz-content-sha256']) ?? 'UNSIGNED-PAYLOAD',
    token: field('x-amz-security-token'),
    expires: Number(expires),
  };
}

const single = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** The access key comes first and may itself hold slashes; the scope is the last four pieces. */
function splitCredential(credential: string): string[] {
  const pieces = credential.split('/');
  return pieces.length < 5 ? pieces : [pieces.slice(0, -4).join('/'), ...pieces.slice(-4)];
}

/** An HTTP date as a signature's timestamp. */
function basicDate(text: string | undefined): string | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
