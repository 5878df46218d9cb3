/**
 * Places of a pass's chunks in key space, from 0 to 1, in the order in which core/inventory/spread.ts writes them: neighbours
 * in time are far apart.
 */
export function* placesOf(chunks: number): Generator<number> {
  const bits = Math.ceil(Math.log2(Math.max(2, chunks)));
  for (let rank = 0; rank < 2 ** bits; rank++) {
    let position = 0;
    for (let bit = 0; bit < bits; bit++) if (rank & (1 << bit)) position += 2 ** (bits - 1 - bit);
    if (position < chunks) yield position / chunks;
  }
}
