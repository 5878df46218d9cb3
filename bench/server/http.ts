import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A request with its whole body. Header names are in lower case; of a header that comes twice the last one counts. */
export interface HttpRequest {
  method: string;
  /** Percent-encoded, as it came. */
  path: string;
  /** Without the question mark. */
  query: string;
  headers: Record<string, string>;
  body: Buffer;
}

export interface HttpAnswer {
  status: number;
  /** Whole lines, each with its line end. */
  headers: string;
  body?: string | Buffer;
  /** Bytes of the body where it is not sent: to a HEAD. */
  length?: number;
}

/**
 * As much of HTTP/1.1 as clients of S3 speak, over bare sockets: node:http alone would cost more than the S3 behind it.
 * Bodies have a Content-Length.
 * @returns the port on 127.0.0.1, and how to end it
 */
export async function serveHttp(
  answer: (request: HttpRequest) => HttpAnswer,
): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, answer);
  });
  server.listen(0, '127.0.0.1', 1024);
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

const HEAD_END = Buffer.from('\r\n\r\n');

function serve(socket: Socket, answer: (request: HttpRequest) => HttpAnswer): void {
  let rest: Buffer | undefined;
  let isAskedToGoOn = false;
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    let bytes = rest ? Buffer.concat([rest, piece]) : piece;
    rest = undefined;
    while (bytes.length > 0) {
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) break;
      const request = readHead(bytes.toString('latin1', 0, end));
      const start = end + HEAD_END.length;
      const length = Number(request.headers['content-length'] ?? 0);
      if (bytes.length < start + length) {
        if (!isAskedToGoOn && request.headers['expect'] !== undefined) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        isAskedToGoOn = true;
        break;
      }
      isAskedToGoOn = false;
      request.body = bytes.subarray(start, start + length);
      bytes = bytes.subarray(start + length);
      send(socket, request, answer(request));
    }
    if (bytes.length > 0) rest = bytes;
  });
}

function readHead(head: string): HttpRequest {
  let lineEnd = head.indexOf('\r\n');
  const [method = '', target = ''] = head.slice(0, lineEnd < 0 ? head.length : lineEnd).split(' ');
  const headers: Record<string, string> = {};
  while (lineEnd >= 0) {
    const start = lineEnd + 2;
    lineEnd = head.indexOf('\r\n', start);
    const colon = head.indexOf(':', start);
    headers[head.slice(start, colon).toLowerCase()] = head.slice(colon + 1, lineEnd < 0 ? head.length : lineEnd).trim();
  }
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return { method, path, query: mark < 0 ? '' : target.slice(mark + 1), headers, body: NOTHING };
}

function send(socket: Socket, { method, headers }: HttpRequest, answer: HttpAnswer): void {
  const { body = '' } = answer;
  const length = answer.length ?? Buffer.byteLength(body);
  const isClosing = headers['connection']?.toLowerCase() === 'close';
  const head = `HTTP/1.1 ${answer.status} ${REASONS[answer.status] ?? 'Other'}\r\n${answer.headers}${answer.status === 204 ? '' : `Content-Length: ${length}\r\n`}${isClosing ? 'Connection: close\r\n' : ''}\r\n`;
  if (method === 'HEAD' || body.length === 0) socket.write(head, 'latin1');
  else if (typeof body === 'string') socket.write(head + body);
  else socket.write(Buffer.concat([Buffer.from(head, 'latin1'), body]));
  if (isClosing) socket.end();
}

const NOTHING = Buffer.alloc(0);
const REASONS: Record<number, string> = {
  200: 'OK',
  204: 'No Content',
  206: 'Partial Content',
  400: 'Bad Request',
  404: 'Not Found',
  412: 'Precondition Failed',
  416: 'Requested Range Not Satisfiable',
  501: 'Not Implemented',
};
