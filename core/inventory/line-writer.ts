import type { Row } from '../../contracts/row.js';
import { encodeRow } from './row-codec.js';
import type { RowLine, RowLines } from './row-lines.js';

export type Known = Pick<RowLine, 'size' | 'lastModified' | 'isLatest'>;

/** Makes batches of lines of our own row files, one behind the other in one buffer. */
export class RowLineWriter {
  /** Where lines are written, from `written` on; `reserve` may change it. */
  out = Buffer.allocUnsafe(512 * 1024);
  written = 0;
  #lines: RowLine[] = [];

  /** Makes room for so many bytes. */
  reserve(bytes: number): void {
    if (this.out.length - this.written >= bytes) return;
    const larger = Buffer.allocUnsafe(2 * (this.out.length + bytes));
    this.out.copy(larger, 0, 0, this.written);
    this.out = larger;
  }

  /** Takes a line that was written up to `end`. */
  add(keyEnd: number, end: number, { size, lastModified, isLatest }: Known): void {
    this.#lines.push({ bytes: this.out, start: this.written, end, keyEnd, size, lastModified, isLatest });
    this.written = end;
  }

  addRow(row: Row): void {
    const line = `${encodeRow(row)}\n`;
    this.reserve(line.length);
    this.out.write(line, this.written, 'latin1');
    const { size = 0, lastModified = 0, isLatest } = row;
    this.add(this.written + line.indexOf('"', 1), this.written + line.length, { size, lastModified, isLatest });
  }

  /** The lines so far, in a buffer of their own. */
  finish(): RowLines {
    const bytes = Buffer.from(this.out.subarray(0, this.written));
    const lines = this.#lines;
    for (const line of lines) line.bytes = bytes;
    this.written = 0;
    this.#lines = [];
    return { bytes, lines };
  }
}
