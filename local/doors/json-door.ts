import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { denial } from '../access/denial.js';
import type { AwsCall } from '../access/aws-call.js';
import type { Credentials } from '../http/signature-v4.js';
import { readSignedBody } from './signed-body.js';
import type { ServiceIdentity } from './signed-body.js';

/** Larger than any request that DynamoDB (16 MB) or Step Functions (1 MB definitions) takes. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** An answer of a service that speaks AWS JSON. */
export interface JsonAnswer {
  status: number;
  /** JSON text. */
  body: string;
  headers?: Readonly<Record<string, string>>;
}

/** Serves one request in an AWS JSON protocol, 1.0 unless the answer says otherwise: proves the signature, hands the body over, writes the answer. */
export async function serveJson(
  request: IncomingMessage,
  response: ServerResponse,
  identity: ServiceIdentity,
  answer: (body: string, signer: Credentials) => Promise<JsonAnswer>,
): Promise<void> {
  const signed = await readSignedBody(request, identity, MAX_BODY_BYTES);
  switch (signed.kind) {
    case 'signed':
      return writeJson(response, await answer(signed.body.toString(), signed.signer));
    case 'tooLarge':
      return writeJson(
        response,
        jsonError('RequestEntityTooLargeException', `Expected at most ${MAX_BODY_BYTES} bytes.`, 413),
      );
    case 'refused':
      return writeJson(response, jsonError(signed.code, signed.message));
  }
}

/** An error as AWS JSON writes it; `code` without a namespace. */
export function jsonError(code: string, message: string, status = 400): JsonAnswer {
  return { status, body: JSON.stringify({ __type: `com.amazon.coral.service#${code}`, message }) };
}

/** A call that was denied, as DynamoDB and Step Functions answer it. @param resource as the service writes it */
export function accessDenied(call: AwsCall, resource?: string): JsonAnswer {
  // This one error has its message with a capital letter.
  const body = { __type: 'com.amazon.coral.service#AccessDeniedException', Message: denial(call, resource) };
  return { status: 400, body: JSON.stringify(body) };
}

/** Writes the answer. */
export function writeJson(response: ServerResponse, { status, body, headers }: JsonAnswer): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': randomUUID(),
    ...headers,
  });
  response.end(body);
}
