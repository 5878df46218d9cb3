import { compareLines, gatherLines, type RowLine, type RowLines } from './row-lines.js';

/**
 * Sorted rows, of each key one: the newest, and of some that are alike in that the one whose line is last in byte order. So
 * it is the same one however the rows came, and in whatever pieces.
 * @param onDuplicate is told of each that is left out
 */
export async function* withoutDuplicates(
  sorted: AsyncIterable<RowLines>,
  onDuplicate: () => void,
): AsyncGenerator<RowLines> {
  let held: RowLine | undefined;
  for await (const { lines } of sorted) {
    const kept: RowLine[] = [];
    for (const line of lines) {
      if (held && isSameKey(held, line)) {
        onDuplicate();
        if (isBefore(held, line)) held = line;
        continue;
      }
      if (held) kept.push(held);
      held = line;
    }
    if (kept.length > 0) yield gatherLines(kept);
  }
  if (held) yield gatherLines([held]);
}

/** Keys as encodeKey writes them: one key has one way to be written. */
function isSameKey(a: RowLine, b: RowLine): boolean {
  const length = a.keyEnd - a.start;
  if (length !== b.keyEnd - b.start) return false;
  // Neighbours in order have the beginning in common.
  for (let at = length - 1; at > 0; at--) if (a.bytes[a.start + at] !== b.bytes[b.start + at]) return false;
  return true;
}

function isBefore(a: RowLine, b: RowLine): boolean {
  return (compareLines(a, b) || a.bytes.compare(b.bytes, b.start, b.end, a.start, a.end)) < 0;
}
