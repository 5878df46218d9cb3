const QUOTE = '"';

/**
 * The fields of one line of CSV, which is given without its newline: each in quotes, with quotes in it doubled, or without
 * any. Undefined where that is not what it is, as where a quote is not closed.
 */
export function readCsvLine(line: string): string[] | undefined {
  if (!line.includes(QUOTE)) return line.split(',');
  const fields: string[] = [];
  for (let at = 0; ;) {
    const isQuoted = line[at] === QUOTE;
    const end = isQuoted ? endOfQuoted(line, at) : endOfBare(line, at);
    if (end === undefined) return undefined;
    fields.push(isQuoted ? line.slice(at + 1, end - 1).replaceAll('""', QUOTE) : line.slice(at, end));
    if (end === line.length) return fields;
    if (line[end] !== ',') return undefined;
    at = end + 1;
  }
}

/** Behind the quote that closes a field. */
function endOfQuoted(line: string, from: number): number | undefined {
  for (let at = from + 1; ; at += 2) {
    at = line.indexOf(QUOTE, at);
    if (at === -1) return undefined;
    if (line[at + 1] !== QUOTE) return at + 1;
  }
}

function endOfBare(line: string, from: number): number | undefined {
  const comma = line.indexOf(',', from);
  const end = comma === -1 ? line.length : comma;
  return line.slice(from, end).includes(QUOTE) ? undefined : end;
}
