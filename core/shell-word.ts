/** A word of a command that a person may copy: an execution's name may hold quotes and parentheses. */
export function shellWord(word: string): string {
  return /^[\w./:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
