/** Of a chunk's rows: fewer tell nothing of a limit. So a worker has at most ten rates for writes and one more. */
const LEAST_SHARE = 0.1;

/** A key up to its last slash. */
export function prefixOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/**
 * The prefixes that have a rate of their own: those of at least a tenth of the keys. All other keys share one rate, since
 * many small prefixes side by side are one partition of S3, and rates for each would add up to any number.
 */
export function ownPrefixes(keys: readonly string[]): ReadonlySet<string> {
  const counts = new Map<string, number>();
  for (const key of keys) {
    const prefix = prefixOf(key);
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, count]) => count >= keys.length * LEAST_SHARE).map(([prefix]) => prefix));
}
