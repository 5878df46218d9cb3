/**
 * The rows of a result file from an offset on, at most so many. NULL is undefined.
 * @param offset bytes; where a row begins
 * @returns `next`: where the row after them begins, if there is one
 */
export function pageOfRows(
  file: Buffer,
  offset: number,
  limit: number,
): { rows: (string | undefined)[][]; next?: number } {
  const rows: (string | undefined)[][] = [];
  let at = offset;
  while (rows.length < limit && at < file.length) {
    const row: (string | undefined)[] = [];
    for (;;) {
      if (file[at] === QUOTE) {
        const end = endOfQuoted(file, at);
        const value = file.toString('utf8', at + 1, end);
        row.push(value.includes('"') ? value.replaceAll('""', '"') : value);
        at = end + 1;
      } else row.push(undefined);
      at += 1;
      if (file[at - 1] !== COMMA) break;
    }
    rows.push(row);
  }
  return at < file.length ? { rows, next: at } : { rows };
}

/** Where the quote stands that ends a value. */
function endOfQuoted(file: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    const quote = file.indexOf(QUOTE, at);
    if (quote < 0) return file.length;
    if (file[quote + 1] !== QUOTE) return quote;
    at = quote + 2;
  }
}

const [QUOTE, COMMA] = [0x22, 0x2c];
