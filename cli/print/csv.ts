import { safeText } from './safe-text.js';

/** What a spreadsheet takes for the beginning of a formula. Source: OWASP, CSV Injection. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** One record for people and their spreadsheets: a cell that would be a formula begins with an apostrophe, and none breaks its line. */
export function csvRecord(cells: readonly (string | number | undefined)[]): string {
  return cells.map(csvCell).join(',');
}

function csvCell(cell: string | number | undefined): string {
  if (typeof cell === 'number') return `"${cell}"`;
  const text = cell ?? '';
  return `"${(FORMULA.test(text) ? `'${safeText(text)}` : safeText(text)).replaceAll('"', '""')}"`;
}
