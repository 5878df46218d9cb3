import { invalidPattern } from './events-error.js';

/**
 * A pattern with `*` for anything; `\*` and `\\` stand for the characters themselves. Each piece between the stars is looked
 * for once, from left to right: never more than the length of the text for each.
 * @throws EventsError `InvalidEventPatternException`
 */
export function wildcard(pattern: string): (text: string) => boolean {
  const pieces = splitAtStars(pattern);
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
    let from = first.length;
    for (const piece of rest) {
      const at = text.indexOf(piece, from);
      if (at < 0) return false;
      from = at + piece.length;
    }
    return from <= text.length - last.length;
  };
}

/** Positions in errors count the quote in front, as EventBridge counts them. */
function splitAtStars(pattern: string): string[] {
  const pieces = [''];
  for (let at = 0; at < pattern.length; at += 1) {
    let character = pattern[at] as string;
    if (character === '*') {
      if (pattern[at + 1] === '*') throw invalidPattern(`Consecutive wildcard characters at pos ${at + 1}`);
      pieces.push('');
      continue;
    }
    if (character === '\\') {
      const escaped = pattern[at + 1];
      if (escaped !== '*' && escaped !== '\\') throw invalidPattern(`Invalid escape character at pos ${at + 1}`);
      character = escaped;
      at += 1;
    }
    pieces[pieces.length - 1] += character;
  }
  return pieces;
}
