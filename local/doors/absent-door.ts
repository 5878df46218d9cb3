import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonError, writeJson } from './json-door.js';
import { writeQueryError } from './query-protocol.js';

/** Refuses a service that the engine does not have, in the protocol that its client speaks. */
export function refuseAbsentService(request: IncomingMessage, response: ServerResponse, name: string): void {
  request.resume();
  const message = `The embedded engine has no ${name}; it has s3, athena, dynamodb, events, lambda, secretsmanager, sqs, states and sts.`;
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    writeQueryError(response, 400, 'UnknownOperationException', message);
  else writeJson(response, jsonError('UnknownOperationException', message));
}
