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
const TAKEN = new Set(['ExecutionAlreadyExists']);
const WRONG = new Set([
  'ExecutionDoesNotExist',
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
  const { name, message } = chain[0] ?? {
    name: 'Error',
    message: textOf(thrown) || 'Something that is no error was thrown.',
  };
  const network = chain.map(networkCode).find((code) => code !== undefined);
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
      `Cannot reach the service: ${NETWORK[network]} (${message || network}). Check --endpoint-url, --region and the network.`,
    );
  if (named(TAKEN))
    return {
      kind: 'refused',
      message: `There is a run of that name already: ${oneLine(message)} Give another --name.`,
    };
  if (named(WRONG)) return { kind: 'refused', message: oneLine(message) };
  if (chain.some(({ isAnswer }) => isAnswer))
    return unreachable(
      `The service answered ${name}: ${oneLine(message)} Check --endpoint-url and --region, then try again.`,
    );
  if (named(new Set(['TimeoutError', 'NoAnswer'])))
    return unreachable(`Cannot reach the service: ${oneLine(message)} Check --endpoint-url, --region and the network.`);
  return { kind: 'other', message: message || name || 'Something went wrong, and the error does not say what.' };
}

/** The SDK puts an error that it does not know for one into the words of its own. */
function networkCode({ code, message }: Thrown): string | undefined {
  const named = code || /\bE[A-Z_]{3,}\b/.exec(message)?.[0];
  return named !== undefined && Object.hasOwn(NETWORK, named) ? named : undefined;
}

interface Thrown {
  name: string;
  message: string;
  code: string;
  /** The service answered. */
  isAnswer: boolean;
}

/** An error may be its own cause. */
const DEEPEST_CAUSE = 5;

/** The error and what caused it, outermost first; several tries of one connection are causes too. */
function causesOf(thrown: unknown, depth = 0): Thrown[] {
  if (typeof thrown !== 'object' || thrown === null || depth > DEEPEST_CAUSE) return [];
  const { name, message, code, cause, errors, $metadata } = thrown as Readonly<Record<string, unknown>>;
  const inner: unknown[] = [cause, ...(Array.isArray(errors) ? errors : [])];
  const status = ($metadata as { httpStatusCode?: unknown } | null | undefined)?.httpStatusCode;
  return [
    { name: textOf(name), message: textOf(message), code: textOf(code), isAnswer: status !== undefined },
    ...inner.flatMap((each) => causesOf(each, depth + 1)),
  ];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function unreachable(message: string): CallFailure {
  return { kind: 'unreachable', message };
}

/** A message as a sentence on one line. */
function oneLine(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ').trim();
  return /[.!?)]$/.test(line) || line === '' ? line : `${line}.`;
}
