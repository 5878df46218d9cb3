import type { Checksum } from '../ports.js';

/**
 * Whether checksums of two objects say that their bytes are the same. Only those of one algorithm and one kind compare:
 * a checksum of the whole object says so either way, one that is composed of the parts' only that they are equal, since
 * the same bytes in other parts have another one.
 */
export function compareChecksums(
  source: readonly Checksum[],
  destination: readonly Checksum[],
): 'equal' | 'unequal' | 'silent' {
  let verdict: 'unequal' | 'silent' = 'silent';
  for (const one of source)
    for (const other of destination) {
      if (one.algorithm !== other.algorithm || one.type !== other.type) continue;
      if (one.value === other.value) return 'equal';
      if (one.type === 'FULL_OBJECT') verdict = 'unequal';
    }
  return verdict;
}
