import { Readable } from 'node:stream';

/**
 * Bytes of a piece, but for the last. S3 refuses pieces of less than 8 KiB in a body that ends in a checksum, and a
 * connection gives what has come: one byte at times. Source: Amazon S3, "Troubleshooting multi-chunk uploads".
 */
const PIECE = 64 * 1024;

/**
 * The body of a GET as the body of a write, in pieces. No more is read ahead of the write than a piece or two.
 * It never errs by itself: the SDK would not hear of it, and the process would end. What breaks the body, or makes it
 * shorter or longer than `size`, is told by `broke`, once, and the write has to be given up then.
 * @param moved told of each piece that comes
 */
export function carriedBody(
  source: Readable,
  { size, moved, broke }: { size: number; moved: () => void; broke: (error: Error) => void },
): Readable {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let seen = 0;
  let isOver = false;

  const carried = new Readable({
    highWaterMark: PIECE,
    read: () => void source.resume(),
    destroy: (error, done) => {
      isOver = true;
      source.destroy();
      done(error);
    },
  });
  const fail = (error: Error) => {
    if (isOver) return;
    isOver = true;
    broke(error);
  };
  const pass = () => {
    const piece = held.length === 1 ? held[0] : Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    return carried.push(piece);
  };

  source.on('data', (bytes: Buffer) => {
    if (isOver) return;
    moved();
    seen += bytes.length;
    if (seen > size) return fail(new Error(`The source sent more than its ${size} bytes.`));
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes >= PIECE && !pass()) source.pause();
  });
  source.on('end', () => {
    if (isOver) return;
    if (seen !== size) return fail(new Error(`The source sent ${seen} of its ${size} bytes.`));
    isOver = true;
    if (heldBytes > 0) pass();
    carried.push(null);
  });
  source.on('error', fail);
  source.on('close', () => fail(new Error(`The source sent ${seen} of its ${size} bytes.`)));
  return carried;
}
