import type { Readable } from 'node:stream';
import type * as z from 'zod';
import { BackfillError } from './errors.js';
import type { FileStore, FileWriter } from './ports.js';

/** Streams a JSON Lines file, each line checked. Throws RunFileMissing where it is not there. */
export async function* readLines<T>(files: FileStore, key: string, schema: z.ZodType<T>): AsyncGenerator<T> {
  const file = await files.stream(key);
  if (!file)
    throw new BackfillError(
      'RunFileMissing',
      `Expected s3://${files.bucket}/${key}, which an earlier state writes; it is not there. Start a new run.`,
    );
  for await (const line of textLines(file.body)) yield schema.parse(JSON.parse(line));
}

/** Non-empty lines, parted by newlines only: readline would also part at U+2028, which JSON and CSV leave as it is. */
export async function* textLines(body: Readable): AsyncGenerator<string> {
  for await (const lines of wholeLines(body)) for (const line of lines.toString().split('\n')) if (line) yield line;
}

const NEWLINE = 0x0a;

/** Bytes in parts that end where a line does. The last may lack its newline. */
export async function* wholeLines(body: Readable): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const bytes of body as AsyncIterable<Buffer>) {
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield Buffer.concat([...rest, bytes.subarray(0, end)]);
      rest = [];
    }
    if (end < bytes.length) rest.push(bytes.subarray(end));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

/** Writes values as a JSON Lines file, which appears whole or not at all. */
export async function writeLines(
  files: Pick<FileStore, 'writer'>,
  key: string,
  values: Iterable<object> | AsyncIterable<object>,
): Promise<void> {
  const lines = new LineWriter(files.writer(key));
  try {
    for await (const value of values) await lines.write(value);
    await lines.close();
  } finally {
    await lines.abort();
  }
}

const BLOCK_BYTES = 1 << 20;

/** Writes values as JSON Lines to a file that appears whole on close. */
export class LineWriter {
  #pending: string[] = [];
  #pendingLength = 0;

  constructor(private readonly file: FileWriter) {}

  async write(value: unknown): Promise<void> {
    const line = `${JSON.stringify(value)}\n`;
    this.#pending.push(line);
    this.#pendingLength += line.length;
    if (this.#pendingLength >= BLOCK_BYTES) await this.#flush();
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.file.close();
  }

  abort(): Promise<void> {
    return this.file.abort();
  }

  async #flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const block = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#pendingLength = 0;
    await this.file.write(block);
  }
}
