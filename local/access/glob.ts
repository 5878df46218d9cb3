/** Whether a text is what a pattern says, where `*` stands for anything and `?` for one character. Takes linear memory and no more than length times length. */
export function matchesGlob(pattern: string, text: string): boolean {
  let [at, here] = [0, 0];
  let star = -1;
  let resume = 0;
  while (here < text.length) {
    if (pattern[at] === '*') {
      star = at;
      resume = here;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[here])) {
      at += 1;
      here += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      here = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
