/**
 * Makes a matcher for a glob over whole keys: `*` is any text, also across `/` and newlines; `?` is one character; all else is itself.
 * Takes at most pattern × key steps whatever the pattern, since only the last `*` is ever tried again.
 */
export function globMatcher(pattern: string): (key: string) => boolean {
  const wanted = Array.from(pattern);
  const literalStart = wanted.findIndex((character) => character === '*' || character === '?');
  if (literalStart === -1) return (key) => key === pattern;
  const start = wanted.slice(0, literalStart).join('');
  return (key) => key.startsWith(start) && matches(wanted, Array.from(key));
}

function matches(pattern: readonly string[], key: readonly string[]): boolean {
  let [at, star, resume] = [0, -1, 0];
  let read = 0;
  while (read < key.length) {
    if (pattern[at] === '*') {
      star = at++;
      resume = read;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === key[read])) {
      at += 1;
      read += 1;
    } else if (star >= 0) {
      at = star + 1;
      read = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
