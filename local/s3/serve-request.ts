import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Authorize } from '../access/authorize.js';
import { callerOf } from '../access/principals.js';
import { isExpired } from '../access/role-sessions.js';
import type { Clock } from '../clock.js';
import { BodyAborted } from '../http/request-body.js';
import { type Credentials, type Signature, verifySignature } from '../http/signature-v4.js';
import { type QueryPair, decodePercent, parseQuery, splitTarget } from '../http/uri.js';
import { accessesOf } from './access.js';
import { readCopySource } from './copy-source.js';
import type { FaultPlan, FaultRequest } from './faults.js';
import { keyRefusalOf } from './encryption/key-use.js';
import { readPayload } from './payload.js';
import { passRoleRefusalOf, refusalOf } from './refusal.js';
import type { RequestLog } from './request-log.js';
import { OPERATIONS, type OperationName, route } from './router.js';
import { type S3Answer, type S3Call, type S3Service, accountOf } from './s3-call.js';
import { S3Error, notImplemented } from './s3-error.js';
import { type RequestIds, sendAnswer } from './send-answer.js';
import { signatureError } from './signature-error.js';

/** All that serving takes. */
export interface S3Server {
  service: S3Service;
  credentials: ReadonlyMap<string, Credentials>;
  /** The time by which signatures are judged, and which answers tell. */
  clientClock: Clock;
  faults: FaultPlan;
  requests: RequestLog;
  /** Without it, whoever has a key may do everything. */
  authorize?: Authorize | undefined;
}

/** Serves one request; whatever comes, it is answered, or its connection closed. */
export async function serveRequest(
  server: S3Server,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ids = nextIds();
  try {
    const answer = await answerRequest(server, request, ids);
    if (answer === 'drop') request.socket.destroy();
    else await sendAnswer(request, response, answer, ids, server.clientClock.now());
  } catch (error) {
    if (error instanceof BodyAborted || response.headersSent) request.socket.destroy();
    else await sendAnswer(request, response, errorAnswer(error, ids), ids, server.clientClock.now());
  }
}

async function answerRequest(server: S3Server, request: IncomingMessage, ids: RequestIds): Promise<S3Answer | 'drop'> {
  const target = readTarget(request);
  const headers = headersOf(request, target);
  const named = route(target.method, target, target.query, headers);
  // Before the signature: a form that a browser posts has its signature in its body, which is not read here.
  if (named.kind === 'unsupported') throw notImplemented({ operation: named.name });
  const signature = authenticate(server, request, target);
  if (named.kind === 'methodNotAllowed')
    throw new S3Error('MethodNotAllowed', {
      Method: target.method,
      ResourceType: target.key === '' ? 'BUCKET' : 'OBJECT',
    });

  server.requests.add(named.name, target.bucketName);
  const struck = faultRequest(named.name, target, headers);
  const effect = server.faults.strike(struck);
  if (effect && 'error' in effect) throw new S3Error(effect.error);
  if (effect && 'errorIn200' in effect)
    return { status: 200, body: new S3Error(effect.errorIn200).toXml(ids.requestId, ids.hostId) };
  if (effect && 'drop' in effect && effect.drop === 'before') return 'drop';
  if (effect && 'call' in effect) await effect.call(struck);

  const { authorize } = server;
  const { service } = server;
  const caller = callerOf(signature.credentials, service.accountId);
  const said = { operation: named.name, query: target.query, headers };
  const call: S3Call = {
    service,
    method: target.method,
    bucketName: target.bucketName,
    key: target.key,
    query: target.query,
    headers,
    caller,
    requestId: ids.requestId,
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
    refusal: (access) =>
      authorize &&
      refusalOf(authorize, access, {
        ...said,
        caller,
        accountId: accountOf(service.buckets.get(access.bucket), service),
      }),
    passRoleRefusal: (roleArn) => authorize && passRoleRefusalOf(authorize, roleArn, 's3.amazonaws.com', caller),
    keyRefusal: (use) => authorize && keyRefusalOf(authorize, use, caller),
    payload: () => readPayload(request, signature.payloadHash, signature),
  };
  if (authorize) checkAccess(named.name, call);
  const answer = await OPERATIONS[named.name](call);
  return effect && 'drop' in effect ? 'drop' : answer;
}

/** A presigned URL carries Amazon's headers in its query, where they count as if they had been sent. */
function headersOf({ headers }: IncomingMessage, { query }: Target): IncomingHttpHeaders {
  if (headers.authorization !== undefined) return headers;
  const hoisted: IncomingHttpHeaders = { ...headers };
  for (const [name, value] of query) {
    const header = name.toLowerCase();
    if (header.startsWith('x-amz-') && !OF_THE_SIGNATURE.test(header)) hoisted[header] ??= value;
  }
  return hoisted;
}

const OF_THE_SIGNATURE =
  /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256)$/;

/** A bucket that is not there is told of before a permission that is not there. */
function checkAccess(operation: OperationName, call: S3Call): void {
  for (const access of accessesOf(operation, call)) {
    const exists = access.bucket === '' || operation === 'CreateBucket' || call.service.buckets.has(access.bucket);
    const refusal = exists ? call.refusal(access) : undefined;
    if (refusal) throw refusal;
  }
}

interface Target {
  method: string;
  path: string;
  pairs: QueryPair[];
  query: ReadonlyMap<string, string>;
  bucketName: string;
  key: string;
}

/** Path style: `/bucket/key`. The key is all after the second slash, decoded and otherwise as it is. S3 reads a bare `+` as a space here too. */
function readTarget({ method = 'GET', url = '/' }: IncomingMessage): Target {
  const { path, query } = splitTarget(url);
  const decoded = decodePercent(path.replaceAll('+', ' '));
  const pairs = parseQuery(query);
  if (decoded === undefined || pairs === undefined) throw new S3Error('InvalidURI', { URI: path });
  const slash = decoded.indexOf('/', 1);
  return {
    method,
    path,
    pairs,
    query: new Map(pairs),
    bucketName: slash < 0 ? decoded.slice(1) : decoded.slice(1, slash),
    key: slash < 0 ? '' : decoded.slice(slash + 1),
  };
}

function authenticate(server: S3Server, { headers }: IncomingMessage, { method, path, pairs }: Target): Signature {
  const now = server.clientClock.now();
  const scope = { region: server.service.region, service: 's3', credentials: server.credentials, now };
  const verdict = verifySignature({ method, path, query: pairs, headers }, scope);
  switch (verdict.kind) {
    case 'anonymous':
      throw new S3Error('AccessDenied');
    case 'refused':
      throw signatureError(verdict.refusal, now);
    case 'signed': {
      const { credentials } = verdict.signature;
      if (isExpired(credentials, server.service.clock.now()))
        throw new S3Error('ExpiredToken', { 'Token-0': credentials.sessionToken ?? '' });
      return verdict.signature;
    }
  }
}

function faultRequest(
  operation: OperationName,
  { bucketName: bucket, key }: Target,
  headers: IncomingHttpHeaders,
): FaultRequest {
  const source = headers['x-amz-copy-source'] as string | undefined;
  return { operation, bucket, key, ...(source !== undefined && { sourceKey: readCopySource(source).key }) };
}

function errorAnswer(error: unknown, ids: RequestIds): S3Answer {
  // A fault of this server's own is told in its answer: there is no log to look into.
  const worded = error instanceof S3Error ? error : new S3Error('InternalError', { Detail: String(error) });
  return { status: worded.status, headers: worded.headers, body: worded.toXml(ids.requestId, ids.hostId) };
}

let served = 0;

/** Of the next request. */
export function nextIds(): RequestIds {
  served += 1;
  const requestId = `EMBEDDED${served.toString(36).toUpperCase().padStart(8, '0')}`;
  return { requestId, hostId: `${requestId}/embedded/s3` };
}
