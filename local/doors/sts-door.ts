import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SESSION_NAME, callerArn, principalOf } from '../access/principals.js';
import { element } from '../http/xml.js';
import { writeQueryError, writeXml } from './query-protocol.js';
import { readSignedBody } from './signed-body.js';
import type { ServiceIdentity } from './signed-body.js';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Answers `GetCallerIdentity`, by which people ask whether their credentials work. It needs no permission, so nobody is
 * asked for one. All else is refused by name.
 */
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
  const principal = principalOf(signed.signer, accountId);
  const account = principal.split(':')[4];
  const who =
    element('Arn', callerArn(principal)) +
    element('UserId', userIdOf(principal, accountId)) +
    element('Account', account);
  writeXml(
    response,
    200,
    `<GetCallerIdentityResponse xmlns="${NAMESPACE}"><GetCallerIdentityResult>${who}</GetCallerIdentityResult>` +
      `<ResponseMetadata>${element('RequestId', randomUUID())}</ResponseMetadata></GetCallerIdentityResponse>`,
  );
}

/** Unique ids are 21 letters and digits that begin with the kind; a role's session has its name behind it. */
function userIdOf(principal: string, accountId: string): string {
  const resource = principal.split(':')[5] ?? '';
  if (resource === 'root') return accountId;
  const unique = createHash('sha256').update(principal).digest('hex').toUpperCase().slice(0, 17);
  if (resource.startsWith('user/')) return `AIDA${unique}`;
  return `AROA${unique}:${resource.startsWith('role/') ? SESSION_NAME : resource.split('/').at(-1)}`;
}

/** Where STS has a name of its own for a refusal. */
const CODES: Readonly<Record<string, string>> = {
  UnrecognizedClientException: 'InvalidClientTokenId',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  IncompleteSignatureException: 'IncompleteSignature',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
};
