import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { DuckDBResult } from '@duckdb/node-api';
import { type ColumnInfo, columnInfo, type DuckDbType } from './column-info.js';
import { momentText, resultText, wholeNumberText } from './result-text.js';

/**
 * Writes a result as Athena's CSV into a local file, chunk by chunk: in memory is never more than a few thousand rows.
 * Every value is in quotes, NULL is nothing, lines end with `\n`.
 * @param names of the columns
 */
export async function writeResult(path: string, result: DuckDBResult, names: readonly string[]): Promise<ColumnInfo[]> {
  const types = result.columnTypes();
  const columns = names.map((name, index) => columnInfo(name, types[index] as DuckDbType));
  await pipeline(linesOf(result, columns), createWriteStream(path));
  return columns;
}

async function* linesOf(result: DuckDBResult, columns: readonly ColumnInfo[]): AsyncGenerator<string> {
  const texts = columns.map(({ Type }) => TEXTS[Type] ?? resultText);
  yield line(columns.map(({ Name }) => Name));
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    const values = chunk.getColumns();
    const lines: string[] = [];
    for (let row = 0; row < chunk.rowCount; row += 1)
      lines.push(line(values.map((column, index) => texts[index]?.(column[row]))));
    yield lines.join('');
  }
}

/** The file's bytes, in one piece. @param size bytes */
export async function readWhole(path: string, size: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(size);
  let offset = 0;
  for await (const piece of createReadStream(path)) offset += (piece as Buffer).copy(whole, offset);
  return whole.subarray(0, offset);
}

const line = (values: readonly (string | undefined)[]) =>
  `${values.map((value) => (value === undefined ? '' : `"${value.includes('"') ? value.replaceAll('"', '""') : value}"`)).join(',')}\n`;

const TEXTS: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  integer: wholeNumberText,
  smallint: wholeNumberText,
  tinyint: wholeNumberText,
  bigint: wholeNumberText,
  'timestamp with time zone': momentText,
};
