/** Text from strangers (keys, messages) for a terminal: control and bidirectional characters are shown, not obeyed. */
export function safeText(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
