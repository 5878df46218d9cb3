import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authorize } from '../access/authorize.js';
import { Identities } from '../access/identities.js';
import { type Caller, callerArn, callerOf, userIdOf } from '../access/principals.js';
import type { RoleSession } from '../access/role-sessions.js';
import { realClock } from '../clock.js';
import { element } from '../http/xml.js';
import { assumeRole } from './assume-role.js';
import { writeQueryError, writeXml } from './query-protocol.js';
import { readSignedBody } from './signed-body.js';
import type { ServiceIdentity } from './signed-body.js';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Answers `GetCallerIdentity`, by which people ask whether their credentials work, and which needs no permission; and
 * `AssumeRole`, for the roles that were added. All else is refused by name.
 */
export async function serveSts(
  request: IncomingMessage,
  response: ServerResponse,
  identity: ServiceIdentity,
  accountId: string,
  authorize?: Authorize,
): Promise<void> {
  const signed = await readSignedBody(request, identity, MAX_BODY_BYTES);
  if (signed.kind === 'tooLarge')
    return writeQueryError(response, 413, 'RequestEntityTooLarge', `Expected at most ${MAX_BODY_BYTES} bytes.`);
  if (signed.kind === 'refused')
    return writeQueryError(response, 403, CODES[signed.code] ?? signed.code, signed.message);
  const parameters = new URLSearchParams(signed.body.toString());
  const action = parameters.get('Action') ?? '';
  const caller = callerOf(signed.signer, accountId);
  if (action === 'GetCallerIdentity') return writeResult(response, action, identityOf(caller));
  if (action !== 'AssumeRole')
    return writeQueryError(
      response,
      400,
      'InvalidAction',
      `The embedded STS does GetCallerIdentity and AssumeRole, not ${action || 'a request without an Action'}.`,
    );
  const { credentials, clock = realClock } = identity;
  const identities = credentials instanceof Identities ? credentials : new Identities(credentials);
  const answer = assumeRole(parameters, { identities, caller, now: clock.now(), authorize });
  if (answer.kind === 'refused') return writeQueryError(response, answer.status, answer.code, answer.message);
  return writeResult(response, action, credentialsOf(answer.session));
}

function writeResult(response: ServerResponse, action: string, result: string): void {
  writeXml(
    response,
    200,
    `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${result}</${action}Result>` +
      `<ResponseMetadata>${element('RequestId', randomUUID())}</ResponseMetadata></${action}Response>`,
  );
}

function identityOf({ arn, userId, account }: Caller): string {
  return element('Arn', arn) + element('UserId', userId) + element('Account', account);
}

function credentialsOf(session: RoleSession): string {
  const { accessKeyId, secretAccessKey, sessionToken, principalArn, sessionName, expiresAt } = session;
  const credentials =
    element('AccessKeyId', accessKeyId) +
    element('SecretAccessKey', secretAccessKey) +
    element('SessionToken', sessionToken) +
    element('Expiration', new Date(expiresAt).toISOString().replace('.000', ''));
  const user =
    element('AssumedRoleId', userIdOf(principalArn, '', sessionName)) +
    element('Arn', callerArn(principalArn, sessionName));
  return `<Credentials>${credentials}</Credentials><AssumedRoleUser>${user}</AssumedRoleUser>`;
}

/** Where STS has a name of its own for a refusal. */
const CODES: Readonly<Record<string, string>> = {
  ExpiredTokenException: 'ExpiredToken',
  UnrecognizedClientException: 'InvalidClientTokenId',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  IncompleteSignatureException: 'IncompleteSignature',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
};
