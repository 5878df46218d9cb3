const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Text from strangers (keys, messages) for a terminal: control and bidirectional characters are shown, not obeyed. */
export function safeText(text: string): string {
  return text.replaceAll(UNSAFE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** JSON in which such characters are escaped as JSON escapes them: it reads back as the same value. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent)
    .split('\n')
    .map((line) => line.replaceAll(UNSAFE, escapeInJson))
    .join('\n');
}

function escapeInJson(character: string): string {
  // One or two UTF-16 units: JSON escapes each of a pair by itself.
  return Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index).toString(16);
    return `\\u${unit.padStart(4, '0')}`;
  }).join('');
}
