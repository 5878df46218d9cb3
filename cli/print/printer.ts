import { once } from 'node:events';
import { safeJson, safeText } from './safe-text.js';

/** A stream that may be a terminal. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Prints to a stream; whatever is in a line, it stays one line. */
export interface Printer {
  readonly stream: Output;
  /** Of a terminal. */
  readonly columns: number | undefined;
  line(text?: string): Promise<void>;
  lines(texts: Iterable<string>): Promise<void>;
  json(value: unknown): Promise<void>;
  /** Values as one JSON list, an item a line. */
  jsonList(values: AsyncIterable<unknown>): Promise<void>;
}

export function printer(stream: Output): Printer {
  /** A reader that is slower than we are holds us up, rather than filling memory. */
  const write = async (text: string) => {
    if (!stream.write(text)) await once(stream, 'drain');
  };
  const line = (text = '') => write(`${safeText(text)}\n`);
  return {
    stream,
    columns: stream.columns,
    line,
    lines: async (texts) => {
      for (const text of texts) await line(text);
    },
    json: (value) => write(`${safeJson(value, 2)}\n`),
    jsonList: async (values) => {
      let before = '[\n';
      for await (const value of values) {
        await write(before + safeJson(value));
        before = ',\n';
      }
      await write(before === '[\n' ? '[]\n' : '\n]\n');
    },
  };
}
