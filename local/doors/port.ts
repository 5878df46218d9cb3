import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BodyAborted } from '../http/request-body.js';
import { jsonError, writeJson } from './json-door.js';

const HOST = '127.0.0.1';

export interface OpenPort {
  /** `http://127.0.0.1:<port>` */
  endpoint: string;
  /** Drops every connection. */
  close(): Promise<void>;
}

/** The port cannot be had. */
export class PortUnavailable extends Error {
  override name = 'PortUnavailable';
}

/** Answers one request. What it did not foresee it may throw: the caller gets an InternalFailure. */
export type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Listens on this machine only. @param port 0 takes any free one. Throws PortUnavailable. */
export async function openPort(port: number, serve: Serve): Promise<OpenPort> {
  const server = createServer(
    {
      // Uploads take as long as they take, and a frozen Lambda's sockets are still good when it thaws.
      requestTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 600_000,
      // S3 allows 8 KB of headers beside the URL; a presigned URL with a session token takes a few more.
      maxHeaderSize: 64 * 1024,
      noDelay: true,
    },
    (request, response) => {
      serve(request, response).catch((error: unknown) => giveUp(response, error));
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new PortUnavailable(explain(port, cause), { cause })),
    );
    server.listen(port, HOST, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    endpoint: `http://${HOST}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function giveUp(response: ServerResponse, error: unknown): void {
  // Nobody is there any more, or half of an answer is on its way.
  if (error instanceof BodyAborted || response.headersSent) response.destroy();
  else writeJson(response, jsonError('InternalFailure', `The embedded engine failed: ${String(error)}`, 500));
}

function explain(port: number, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${HOST} is in use, perhaps by another engine. Stop that, or choose another port.`;
  if (code === 'EACCES') return `Port ${port} on ${HOST} may not be used by this user. Choose one above 1023.`;
  return `Port ${port} on ${HOST} cannot be used: ${message}`;
}
