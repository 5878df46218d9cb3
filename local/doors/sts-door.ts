import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { element } from '../http/xml.js';
import { writeQueryError, writeXml } from './query-protocol.js';
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
    return writeQueryError(response, 413, 'RequestEntityTooLarge', `Expected at most ${MAX_BODY_BYTES} bytes.`);
  if (signed.kind === 'refused')
    return writeQueryError(response, 403, CODES[signed.code] ?? signed.code, signed.message);
  const action = new URLSearchParams(signed.body.toString()).get('Action') ?? '';
  if (action !== 'GetCallerIdentity')
    return writeQueryError(
      response,
      400,
      'InvalidAction',
      `The embedded STS does GetCallerIdentity, not ${action || 'a request without an Action'}.`,
    );
  const who =
    element('Arn', `arn:aws:iam::${accountId}:root`) + element('UserId', accountId) + element('Account', accountId);
  writeXml(
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
