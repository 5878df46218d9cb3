import { createHmac, hash } from 'node:crypto';

export interface SigningCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** A request without a body. Header names are in lower case; path and query are encoded, and travel as they are signed. */
export interface Signable {
  method: string;
  /** Begins with `/`. */
  path: string;
  /** Names and values by RFC 3986. */
  query: readonly (readonly [name: string, value: string])[];
  /** Of `host` and whatever else is to be signed. */
  headers: Readonly<Record<string, string>>;
}

/** SHA-256 of nothing. */
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * Signs requests to S3 by AWS Signature Version 4, in their headers, the path encoded once. The key of a day is derived once.
 * Source: Amazon S3 API, "Authenticating Requests (AWS Signature Version 4)".
 */
export class Signer {
  #key: Buffer | undefined;
  #keyOf = '';
  #second = -1;
  #timestamp = '';

  constructor(
    private readonly region: string,
    private readonly service = 's3',
  ) {}

  /** All headers to send, the signature among them. @param now milliseconds since the epoch, by the service's clock */
  sign({ method, path, query, headers: given }: Signable, credentials: SigningCredentials, now: number) {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const timestamp = this.#timestampOf(now);
    const day = timestamp.slice(0, 8);
    const headers: Record<string, string> = {
      ...given,
      'x-amz-content-sha256': EMPTY_HASH,
      'x-amz-date': timestamp,
    };
    if (sessionToken) headers['x-amz-security-token'] = sessionToken;

    const scope = `${day}/${this.region}/${this.service}/aws4_request`;
    const key = this.#keyFor(secretAccessKey, day);
    headers['authorization'] = authorization({ method, path, query, headers }, { accessKeyId, timestamp, scope, key });
    return headers;
  }

  #keyFor(secret: string, day: string): Buffer {
    const of = `${day} ${secret}`;
    if (this.#key && this.#keyOf === of) return this.#key;
    this.#keyOf = of;
    this.#key = signingKey(secret, [day, this.region, this.service, 'aws4_request']);
    return this.#key;
  }

  /** `20260131T120000Z`, made once a second. */
  #timestampOf(now: number): string {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#timestamp = `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
    }
    return this.#timestamp;
  }
}

/** @param scope `20260131/eu-central-1/s3/aws4_request`, in its parts */
export function signingKey(secret: string, scope: readonly string[]): Buffer {
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of scope) key = hmac(key, part);
  return key;
}

/** The header `authorization` of a request; all of its headers are signed. */
export function authorization(
  { method, path, query, headers }: Signable,
  { accessKeyId, timestamp, scope, key }: { accessKeyId: string; timestamp: string; scope: string; key: Buffer },
): string {
  const names = Object.keys(headers).toSorted();
  let canonicalHeaders = '';
  for (const name of names) canonicalHeaders += `${name}:${oneLine(headers[name] ?? '')}\n`;
  const signedHeaders = names.join(';');
  const canonical = `${method}\n${path}\n${canonicalQuery(query)}\n${canonicalHeaders}\n${signedHeaders}\n${EMPTY_HASH}`;
  const toSign = `${ALGORITHM}\n${timestamp}\n${scope}\n${hash('sha256', canonical)}`;
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

/** As it is sent: in the order of names, then values, as they are encoded. */
export function canonicalQuery(query: Signable['query']): string {
  if (query.length < 2) return query.map(([name, value]) => `${name}=${value}`).join('');
  return query
    .map(([name, value]) => `${name}=${value}`)
    .toSorted(compareParameters)
    .join('&');
}

/** By the name, then by the value: `=` sorts behind `-`, which names may hold. */
function compareParameters(a: string, b: string): number {
  const [nameOfA, nameOfB] = [a.slice(0, a.indexOf('=')), b.slice(0, b.indexOf('='))];
  if (nameOfA !== nameOfB) return nameOfA < nameOfB ? -1 : 1;
  return a < b ? -1 : 1;
}

/** Without spaces at its ends, and one where there are more. */
function oneLine(value: string): string {
  return HAS_SPARE_SPACE.test(value) ? value.replaceAll(/[ \t]+/g, ' ').replaceAll(/^ | $/g, '') : value;
}

const HAS_SPARE_SPACE = /^[ \t]|[ \t]{2}|\t|[ \t]$/;

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
