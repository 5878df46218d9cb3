import type { IncomingMessage } from 'node:http';

/** The client went away before its body was whole; there is no one left to answer. */
export class BodyAborted extends Error {
  override name = 'BodyAborted';
}

/** A body longer than its reader takes. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
}

/** Whether a request brings a body, told from its headers alone. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/**
 * Reads a body whole, into memory of its own: what a socket hands out are slices of large blocks that must not be kept.
 * @param limit bytes; a longer body is `BodyTooLarge`.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (!hasBody(request)) return EMPTY;
  const pieces: Buffer[] = [];
  let length = 0;
  await new Promise<void>((resolve, reject) => {
    request.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > limit) {
        request.removeAllListeners('data');
        request.resume();
        reject(new BodyTooLarge(`Expected a body of at most ${limit} bytes.`));
      } else pieces.push(piece);
    });
    request.on('end', resolve);
    request.on('error', (cause) =>
      reject(new BodyAborted('The connection was lost before the body was whole.', { cause })),
    );
    request.on('close', () => reject(new BodyAborted('The connection was closed before the body was whole.')));
  });
  return Buffer.concat(pieces, length);
}

const EMPTY = Buffer.alloc(0);
