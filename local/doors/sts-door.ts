import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { element } from '../http/xml.js';
import { readSignedBody } from './signed-body.js';
import type { ServiceIdentity } from './signed-body.js';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const MAX_BODY_BYTES = 1024 * 1024;

/** Answers `GetCallerIdentity`, by which people ask whether their credentials work. All else is refused by name. */
export async function serveSts(
  request: IncomingMessage,
  response: ServerResponse,
  identity: ServiceIdentity,
  accountId: string,
): Promise<void> {
  const signed = await readSignedBody(request, identity, MAX_BODY_BYTES);
  if (signed.kind === 'tooLarge')
    return fail(response, 413, 'RequestEntityTooLarge', `Expected at most ${MAX_BODY_BYTES} bytes.`);
  if (signed.kind === 'refused') return fail(response, 403, CODES[signed.code] ?? signed.code, signed.message);
  const action = new URLSearchParams(signed.body.toString()).get('Action') ?? '';
  if (action !== 'GetCallerIdentity')
    return fail(
      response,
      400,
      'InvalidAction',
      `The embedded STS does GetCallerIdentity, not ${action || 'a request without an Action'}.`,
    );
  const who =
    element('Arn', `arn:aws:iam::${accountId}:root`) + element('UserId', accountId) + element('Account', accountId);
  write(
    response,
    200,
    `<GetCallerIdentityResponse xmlns="${NAMESPACE}"><GetCallerIdentityResult>${who}</GetCallerIdentityResult>` +
      `<ResponseMetadata>${element('RequestId', randomUUID())}</ResponseMetadata></GetCallerIdentityResponse>`,
  );
}

/** Where STS has a name of its own for a refusal. */
const CODES: Readonly<Record<string, string>> = {
  UnrecognizedClientException: 'InvalidClientTokenId',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  IncompleteSignatureException: 'IncompleteSignature',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
};

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  const error = element('Type', 'Sender') + element('Code', code) + element('Message', message);
  write(
    response,
    status,
    `<ErrorResponse xmlns="${NAMESPACE}"><Error>${error}</Error>${element('RequestId', randomUUID())}</ErrorResponse>`,
  );
}

function write(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
