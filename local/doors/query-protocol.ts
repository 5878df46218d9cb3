import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { element } from '../http/xml.js';

/** Writes an error as the services of the AWS Query protocol (forms in, XML out) do. */
export function writeQueryError(response: ServerResponse, status: number, code: string, message: string): void {
  const error = element('Type', 'Sender') + element('Code', code) + element('Message', message);
  writeXml(
    response,
    status,
    `<ErrorResponse><Error>${error}</Error>${element('RequestId', randomUUID())}</ErrorResponse>`,
  );
}

/** Writes an answer of the AWS Query protocol. */
export function writeXml(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
