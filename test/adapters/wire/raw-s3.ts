import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';
import type { Connection } from '../../../adapters/connection.js';

export interface RawRequest {
  method: string;
  url: string;
  /** By names in lower case. */
  headers: Record<string, string>;
}

/** Writes whatever it likes to a connection on which a request has come. */
export type RawAnswer = (socket: Socket, request: RawRequest) => void;

/** A server that need not speak HTTP. */
export interface RawS3 {
  connection: Connection;
  /** How each request is answered from now on; the requests that come are forgotten. */
  answer(answer: RawAnswer): void;
  /** Requests since then. */
  requests: RawRequest[];
}

export function useRawS3(): () => RawS3 {
  let answer: RawAnswer = (socket) => socket.destroy();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let raw: RawS3 | undefined;
  beforeAll(async () => {
    // Half open: that the other side has closed does not close this one.
    const listening = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      let head = '';
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      socket.on('end', () => socket.end());
      socket.on('data', (bytes) => {
        head += bytes.toString('latin1');
        for (let end = head.indexOf('\r\n\r\n'); end >= 0; end = head.indexOf('\r\n\r\n')) {
          const request = requestOf(head.slice(0, end));
          head = head.slice(end + 4);
          raw?.requests.push(request);
          answer(socket, request);
        }
      });
    });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    server = listening;
    const endpoint = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
    const opened: RawS3 = {
      connection: { endpoint, region: 'eu-central-1', credentials },
      answer: (next) => {
        answer = next;
        opened.requests = [];
      },
      requests: [],
    };
    raw = opened;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server?.close();
  });
  return () => {
    if (!raw) throw new Error('The server runs between beforeAll and afterAll; use it inside a test.');
    return raw;
  };
}

function requestOf(head: string): RawRequest {
  const [first = '', ...lines] = head.split('\r\n');
  const [method = '', url = ''] = first.split(' ');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { method, url, headers: Object.fromEntries(headers) };
}

/** An answer in full, with its length, and without its body where it is to a HEAD. */
export function answerWith(status: number | string, body: string | Buffer = '', headers: string[] = []): RawAnswer {
  return (socket, { method }) => {
    const bytes = Buffer.from(body);
    const lines = [`HTTP/1.1 ${status}`, ...headers, `content-length: ${bytes.length}`];
    socket.write(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
    if (method !== 'HEAD') socket.write(bytes);
  };
}

/** These bytes, whatever was asked. */
export function answerRaw(...pieces: (string | Buffer)[]): RawAnswer {
  return (socket) => {
    for (const piece of pieces) socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  };
}

/** The same, and then no more. */
export function answerRawAndEnd(...pieces: (string | Buffer)[]): RawAnswer {
  return (socket, request) => {
    answerRaw(...pieces)(socket, request);
    socket.end();
  };
}

export function errorBody(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>words</Message></Error>`;
}
