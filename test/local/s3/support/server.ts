import { type RequestOptions, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sha256 } from '@aws-crypto/sha256-js';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import { realClock } from '../../../../local/clock.js';
import { EmbeddedS3, type EmbeddedS3Options } from '../../../../local/s3/embedded-s3.js';

export const REGION = 'eu-west-1';
export const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** What came back over the wire, nothing interpreted. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  text: string;
}

/** A request as it goes over the wire; `path` is sent as it is. */
export interface RawRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface ServerUnderTest {
  s3: EmbeddedS3;
  client: S3Client;
  endpoint: string;
  port: number;
  /** Another client of the same server. */
  clientWith(config: Partial<S3ClientConfig>): S3Client;
  /** Sends exactly this. */
  send(request: RawRequest): Promise<RawAnswer>;
  /** Signs a request with the SDK's own signer, then sends it. The query is given apart, decoded. */
  sendSigned(request: RawRequest & { query?: Record<string, string> }): Promise<RawAnswer>;
}

/** A bare HTTP server around one embedded S3, for the tests of a file. */
export function useS3(options: Partial<EmbeddedS3Options> = {}): () => ServerUnderTest {
  let running: (ServerUnderTest & { close: () => void }) | undefined;
  beforeAll(async () => {
    running = await openS3(options);
  });
  afterAll(() => running?.close());
  return () => {
    if (!running) throw new Error('The server runs between beforeAll and afterAll; use it inside a test.');
    return running;
  };
}

async function openS3(options: Partial<EmbeddedS3Options>): Promise<ServerUnderTest & { close: () => void }> {
  const s3 = new EmbeddedS3({ clock: realClock, region: REGION, credentials: [KEY], ...options });
  const server = createServer((request, response) => void s3.handle(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const clients: S3Client[] = [];
  const clientWith = (config: Partial<S3ClientConfig>) => {
    const client = new S3Client({
      endpoint,
      region: REGION,
      credentials: KEY,
      forcePathStyle: true,
      maxAttempts: 1,
      ...config,
    });
    clients.push(client);
    return client;
  };
  const send = (request: RawRequest) => sendRaw(port, request);
  return {
    s3,
    client: clientWith({}),
    endpoint,
    port,
    clientWith,
    send,
    sendSigned: async ({ method = 'GET', path, query = {}, headers = {}, body }) => {
      const signed = await signer.sign({
        method,
        protocol: 'http:',
        hostname: '127.0.0.1',
        port,
        path,
        query,
        headers: { host: `127.0.0.1:${port}`, ...headers },
        body,
      });
      const search = Object.entries(query).map(
        ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
      );
      return send({
        method,
        path: search.length > 0 ? `${path}?${search.join('&')}` : path,
        headers: signed.headers,
        ...(body !== undefined && { body }),
      });
    },
    close: () => {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

export const signer = new SignatureV4({
  service: 's3',
  region: REGION,
  credentials: KEY,
  sha256: Sha256,
  uriEscapePath: false,
});

function sendRaw(port: number, { method = 'GET', path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  const options: RequestOptions = {
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: {
      ...headers,
      ...(body !== undefined &&
        !('transfer-encoding' in headers) && { 'content-length': String(Buffer.byteLength(body)) }),
    },
    agent: false,
  };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(options, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('end', () => {
        const whole = Buffer.concat(pieces);
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: whole, text: whole.toString() });
      });
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What an SDK call was refused with. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ name: string; status: number | undefined; [field: string]: unknown }> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata, ...fields } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { ...fields, name, message, status: $metadata?.httpStatusCode };
  }
  throw new Error('Expected a refusal; the call succeeded.');
}

/** `CopySource` as AWS wants it encoded. */
export const copySource = (bucket: string, key: string) =>
  `${bucket}/${encodeURIComponent(key).replaceAll('%2F', '/')}`;

/** Keys that break servers which parse paths: every one must come back as it went in. */
export const ODD_KEYS = [
  'plain',
  'with space',
  'plus+sign',
  'per%cent',
  '100%25',
  'new\nline',
  'return\r\nline',
  'tab\tand\u0001control',
  '..',
  '../../up',
  'a/./b/../c',
  'double//slash',
  '/leading',
  'trailing/',
  '//',
  '?query=1&b',
  '#fragment',
  'a?versionId=1',
  'quote"and\'apostrophe',
  '<xml>&amp;</xml>',
  "sub!'()*~delims",
  'ünïcödé',
  '\ufffe',
  '￮ high in the BMP',
  '😀 beyond the BMP',
  'x'.repeat(1024),
];
