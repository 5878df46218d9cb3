import { NotFound } from './not-found.js';

/** What became of a call that threw, for somebody who made it by hand. */
export type CallFailure =
  /** The service was not reached, or does not take these credentials. */
  | { kind: 'unreachable'; message: string }
  /** The service says that the call is wrong, or what it names is not there. */
  | { kind: 'refused'; message: string }
  /** Anything else: a defect, or a file of this machine. */
  | { kind: 'other'; message: string };

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be resolved',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  EPROTO: 'it does not speak TLS',
  EPIPE: 'the connection was cut',
};
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);
const NOT_ACCEPTED = new Set([
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidToken',
  'AuthFailure',
]);
const NOT_ALLOWED = new Set(['AccessDenied', 'AccessDeniedException', 'NotAuthorized']);
const WRONG = new Set([
  'ExecutionDoesNotExist',
  'ExecutionAlreadyExists',
  'StateMachineDoesNotExist',
  'StateMachineDeleting',
  'InvalidArn',
  'InvalidName',
  'InvalidExecutionInput',
  'ValidationException',
  'ResourceNotFound',
]);

/** Reads what an SDK client threw. The message is one sentence and says what to do. */
export function callFailure(thrown: unknown): CallFailure {
  const chain = causesOf(thrown);
  const { name, message } = chain[0] ?? { name: 'Error', message: String(thrown) };
  const network = chain.map(({ code }) => code).find((code) => code !== undefined && code in NETWORK);
  const named = (names: ReadonlySet<string>) => chain.some((error) => names.has(error.name));

  if (thrown instanceof NotFound) return { kind: 'refused', message };
  if (chain.some((error) => error.name === 'CredentialsProviderError' || error.name === 'TokenProviderError'))
    return unreachable(
      `No credentials: ${oneLine(message)} Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a --profile, or sign in.`,
    );
  if (/Region is missing/.test(message))
    return unreachable('No Region: give --region, set AWS_REGION, or name a --profile that has one.');
  if (named(EXPIRED)) return unreachable(`The credentials have expired: sign in again. (${oneLine(message)})`);
  if (named(NOT_ACCEPTED))
    return unreachable(
      `The service does not accept these credentials: ${oneLine(message)} Check keys, profile, Region and clock.`,
    );
  if (named(NOT_ALLOWED))
    return unreachable(
      `These credentials may not do that: ${oneLine(message)} Use others, or have the action allowed.`,
    );
  if (network !== undefined)
    return unreachable(
      `Cannot reach the service: ${NETWORK[network]} (${oneLine(message || network)}). Check --endpoint-url, --region and the network.`,
    );
  if (named(WRONG)) return { kind: 'refused', message: oneLine(message) };
  const status = chain.map(({ $metadata }) => $metadata?.httpStatusCode).find((found) => found !== undefined);
  if (status !== undefined)
    return unreachable(
      `The service answered ${name}: ${oneLine(message)} Check --endpoint-url and --region, then try again.`,
    );
  if (named(new Set(['TimeoutError', 'NoAnswer'])))
    return unreachable(`Cannot reach the service: ${oneLine(message)} Check --endpoint-url, --region and the network.`);
  return { kind: 'other', message };
}

interface Thrown {
  name: string;
  message: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** The error and what caused it, outermost first; several tries of one connection are causes too. */
function causesOf(thrown: unknown): Thrown[] {
  if (typeof thrown !== 'object' || thrown === null) return [];
  const { cause, errors = [] } = thrown as { cause?: unknown; errors?: unknown[] };
  return [thrown as Thrown, ...causesOf(cause), ...errors.flatMap(causesOf)];
}

function unreachable(message: string): CallFailure {
  return { kind: 'unreachable', message };
}

/** A message as a sentence on one line. */
function oneLine(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ').trim();
  return /[.!?)]$/.test(line) || line === '' ? line : `${line}.`;
}
