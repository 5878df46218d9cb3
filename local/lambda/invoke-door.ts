import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authorize } from '../access/authorize.js';
import { type Caller, callerOf } from '../access/principals.js';
import { readSignedBody } from '../doors/signed-body.js';
import type { ServiceIdentity } from '../doors/signed-body.js';
import { decodePercent, parseQuery, splitTarget } from '../http/uri.js';
import { MAX_PAYLOAD_BYTES } from './embedded-lambda.js';
import type { EventSourceMappings } from './event-sources/event-source-mappings.js';
import { answerMappings, isForMappings } from './event-sources/mappings-door.js';
import type { EmbeddedLambda } from './embedded-lambda.js';
import { invocationOf } from './invocation-access.js';
import { denied, LambdaServiceError, notJson, payloadTooLarge, refused } from './service-error.js';

/** What LogType Tail gives back of an invocation's log. */
const TAIL_BYTES = 4096;
const INVOCATIONS = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/**
 * Lambda's Invoke over HTTP: `POST /2015-03-31/functions/<name or ARN>/invocations`; and event source mappings, where there
 * are any. Other operations are refused by name.
 * Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export async function serveInvoke(
  request: IncomingMessage,
  response: ServerResponse,
  identity: ServiceIdentity,
  lambda: EmbeddedLambda,
  authorize?: Authorize,
  mappings?: EventSourceMappings,
): Promise<void> {
  try {
    const signed = await readSignedBody(request, identity, MAX_PAYLOAD_BYTES);
    if (signed.kind === 'tooLarge') throw payloadTooLarge(MAX_PAYLOAD_BYTES);
    if (signed.kind === 'refused') throw new LambdaServiceError(signed.code, 403, signed.message);
    const caller = callerOf(signed.signer, lambda.accountId);
    const access = authorize && { authorize, caller };
    const { path, query } = splitTarget(request.url ?? '/');
    if (!mappings || !isForMappings(path)) return await invoke(request, response, signed.body, lambda, access);
    const asked = { method: request.method ?? '', path, query, body: signed.body };
    const { status, answer } = answerMappings(asked, { lambda, mappings }, access);
    writeAnswer(response, status, answer);
  } catch (error) {
    if (!(error instanceof LambdaServiceError)) throw error;
    fail(response, error);
  }
}

async function invoke(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  lambda: EmbeddedLambda,
  access: { authorize: Authorize; caller: Caller } | undefined,
): Promise<void> {
  const { path, query } = splitTarget(request.url ?? '/');
  const functionName = decodePercent(INVOCATIONS.exec(path)?.[1] ?? '');
  if (request.method !== 'POST' || !functionName)
    throw refused(`${request.method} ${path}, only Invoke and event source mappings`);
  const qualifier = parseQuery(query)?.find(([name]) => name === 'Qualifier')?.[1];
  if (access) {
    const { principal, arn: caller } = access.caller;
    const call = { ...invocationOf(lambda, principal, functionName, qualifier), caller };
    if (!access.authorize(call)) throw denied(call);
  }
  const payload = decodeUtf8(body);
  const type = header(request, 'x-amz-invocation-type') ?? 'RequestResponse';
  if (type === 'DryRun') {
    lambda.check(functionName, payload, qualifier);
    response.writeHead(204).end();
    return;
  }
  if (type !== 'RequestResponse') throw refused(`invocation type ${type}, only RequestResponse and DryRun`);
  const clientContext = readClientContext(header(request, 'x-amz-client-context'));
  const answer = await lambda.invoke(functionName, payload, { qualifier, clientContext });
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(answer.payload),
    'x-amzn-requestid': answer.requestId,
    'x-amz-executed-version': answer.executedVersion,
    ...(answer.functionError ? { 'x-amz-function-error': answer.functionError } : {}),
    ...(header(request, 'x-amz-log-type') === 'Tail' ? { 'x-amz-log-result': tail(answer.log) } : {}),
  });
  response.end(answer.payload);
}

function decodeUtf8(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw notJson('Invalid UTF-8');
  }
}

function readClientContext(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new LambdaServiceError(
      'InvalidRequestContentException',
      400,
      'Client context must be a valid Base64-encoded JSON object.',
    );
  }
}

function tail(log: readonly string[]): string {
  return Buffer.from(`${log.join('\n')}\n`)
    .subarray(-TAIL_BYTES)
    .toString('base64');
}

function fail(response: ServerResponse, error: LambdaServiceError): void {
  const body = {
    Type: 'User',
    ...(error.reason ? { Reason: error.reason } : {}),
    Message: error.message,
    message: error.message,
  };
  writeAnswer(response, error.status, body, { 'x-amzn-errortype': error.name });
}

function writeAnswer(
  response: ServerResponse,
  status: number,
  answer: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
