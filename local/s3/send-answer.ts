import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Body } from './body.js';
import { httpTime } from './object-headers.js';
import type { S3Answer } from './s3-call.js';

/** What names a request in the answer and in its errors. */
export interface RequestIds {
  requestId: string;
  hostId: string;
}

/** Sends an answer whole. Resolves when it is handed over, or when there is no one left to take it. */
export async function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: S3Answer,
  ids: RequestIds,
  now: number,
): Promise<void> {
  if (response.destroyed) return;
  const { status } = answer;
  // XML is encoded once, for its length and for the wire.
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body;
  const headers = [
    'x-amz-id-2',
    ids.hostId,
    'x-amz-request-id',
    ids.requestId,
    'date',
    dateHeader(now),
    'server',
    'AmazonS3',
  ];
  for (const [name, value] of answer.headers ?? []) headers.push(name, value);
  if (typeof answer.body === 'string') headers.push('content-type', 'application/xml');
  const length = body instanceof Body ? body.size : (body?.length ?? answer.contentLength);
  if (length !== undefined) headers.push('content-length', String(length));
  else if (status !== 204 && status !== 304 && request.method !== 'HEAD') headers.push('content-length', '0');
  response.writeHead(status, headers);
  if (body instanceof Body && request.method !== 'HEAD') await sendBody(response, body);
  else response.end(request.method === 'HEAD' ? undefined : body);
}

async function sendBody(response: ServerResponse, body: Body): Promise<void> {
  const gone = new AbortController();
  const onClose = () => gone.abort();
  response.on('close', onClose);
  try {
    for (const piece of body.pieces()) {
      if (response.destroyed) return;
      if (!response.write(piece)) await once(response, 'drain', { signal: gone.signal });
    }
    response.end();
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  } finally {
    response.off('close', onClose);
  }
}

let cachedSecond = -1;
let cachedDate = '';

/** Made once a second, not once a request. */
function dateHeader(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== cachedSecond) [cachedSecond, cachedDate] = [second, httpTime(now)];
  return cachedDate;
}
