import type { IncomingMessage, ServerResponse } from 'node:http';
import { callerOf } from '../access/principals.js';
import { serveJson } from '../doors/json-door.js';
import { writeQueryError } from '../doors/query-protocol.js';
import type { ServiceIdentity } from '../doors/signed-body.js';
import type { EmbeddedSqs } from './embedded-sqs.js';

/** SQS over HTTP, in its JSON protocol. The older Query protocol is refused by name. */
export async function serveSqs(
  request: IncomingMessage,
  response: ServerResponse,
  identity: ServiceIdentity,
  sqs: EmbeddedSqs,
  action: string,
  accountId: string,
): Promise<void> {
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') || request.method === 'GET') {
    request.resume();
    return writeQueryError(
      response,
      400,
      'InvalidAction',
      'The embedded SQS speaks the AWS JSON protocol, and not the Query protocol; use an SDK or an aws command of 2023-11 or later.',
    );
  }
  // Whoever waits for messages may hang up.
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  await serveJson(request, response, identity, (body, signer) =>
    sqs.handle(action, body, callerOf(signer, accountId), gone.signal),
  );
}
