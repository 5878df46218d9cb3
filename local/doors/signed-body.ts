import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Identities, keysOf } from '../access/identities.js';
import { isExpired } from '../access/role-sessions.js';
import { type Clock, realClock } from '../clock.js';
import { BodyTooLarge, readBody } from '../http/request-body.js';
import { verifySignature } from '../http/signature-v4.js';
import type { Credentials, SignatureRefusal } from '../http/signature-v4.js';
import { parseQuery, splitTarget } from '../http/uri.js';

/** A service as its clients sign for it. */
export interface ServiceIdentity {
  service: 'athena' | 'dynamodb' | 'events' | 'lambda' | 's3' | 'secretsmanager' | 'sqs' | 'states' | 'sts';
  region: string;
  /** The only key, or all that may sign. */
  credentials: Credentials | Identities;
  /** By which temporary credentials expire; the machine's time unless given. */
  clock?: Clock;
}

/** Why a request does not get in. `code` is the name that all services but S3 use. */
interface Refusal {
  kind: 'refused';
  code: string;
  message: string;
}

export type SignedBody = { kind: 'signed'; body: Buffer; signer: Credentials } | { kind: 'tooLarge' } | Refusal;

/**
 * Reads a request's body and checks that its signature covers it, as the services beside S3 do: the path is encoded
 * twice and the hash is that of the body. Time is the machine's, not the engine's clock's: clients sign by theirs.
 * @param limit bytes
 */
export async function readSignedBody(
  request: IncomingMessage,
  identity: ServiceIdentity,
  limit: number,
): Promise<SignedBody> {
  let body: Buffer;
  try {
    body = await readBody(request, limit);
  } catch (error) {
    if (error instanceof BodyTooLarge) return { kind: 'tooLarge' };
    throw error;
  }
  const { path, query } = splitTarget(request.url ?? '/');
  const hash = createHash('sha256').update(body).digest('hex');
  const verdict = verifySignature(
    {
      method: request.method ?? 'GET',
      path: normalized(path).replaceAll('%', '%25'),
      query: parseQuery(query) ?? [],
      headers: { ...request.headers, 'x-amz-content-sha256': request.headers['x-amz-content-sha256'] ?? hash },
    },
    {
      region: identity.region,
      service: identity.service,
      credentials: keysOf(identity.credentials),
      now: Date.now(),
    },
  );
  switch (verdict.kind) {
    case 'anonymous':
      return {
        kind: 'refused',
        code: 'MissingAuthenticationTokenException',
        message: 'Request is missing Authentication Token',
      };
    case 'refused':
      return { kind: 'refused', ...wording(verdict.refusal) };
    case 'signed':
      if (isExpired(verdict.signature.credentials, (identity.clock ?? realClock).now())) return EXPIRED;
      return verdict.signature.payloadHash === hash
        ? { kind: 'signed', body, signer: verdict.signature.credentials }
        : { kind: 'refused', code: 'InvalidSignatureException', message: MISMATCH };
  }
}

/**
 * Signers but S3's leave out what a path does not need: empty segments, `.`, and `..` with what it takes back.
 * Source: IAM User Guide, "Create a signed AWS API request", canonical URI (RFC 3986).
 */
function normalized(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}${segments.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

const EXPIRED: Refusal = {
  kind: 'refused',
  code: 'ExpiredTokenException',
  message: 'The security token included in the request is expired',
};

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and ' +
  'signing method. Consult the service documentation for details.';

function wording(refusal: SignatureRefusal): { code: string; message: string } {
  switch (refusal.kind) {
    case 'unknownKey':
    case 'invalidToken':
      return { code: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' };
    case 'mismatch':
      return { code: 'InvalidSignatureException', message: MISMATCH };
    case 'skewed':
      return {
        code: 'InvalidSignatureException',
        message: `Signature expired or not yet current: signed at ${refusal.requestTime}, more than 15 minutes from this machine's time.`,
      };
    case 'expired':
    case 'notYetValid':
      return { code: 'InvalidSignatureException', message: 'Signature expired or not yet current.' };
    case 'unsignedHeaders':
      return {
        code: 'InvalidSignatureException',
        message: `These headers must be signed, and are not: ${refusal.names.join(', ')}.`,
      };
    case 'malformed':
      return { code: 'IncompleteSignatureException', message: refusal.message };
    case 'unsupportedMechanism':
      return {
        code: 'IncompleteSignatureException',
        message: "Unsupported AWS 'algorithm' (only AWS4-HMAC-SHA256 for now).",
      };
    case 'missingDate':
    case 'missingPayloadHash':
      return {
        code: 'IncompleteSignatureException',
        message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
      };
  }
}
