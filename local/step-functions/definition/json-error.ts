/** Why a text is not JSON, in the words of AWS's parser (Jackson) where they are known. */
export function describeJsonError(text: string): { message: string; location: string } {
  const trimmed = text.trimStart();
  const start = text.length - trimmed.length;
  const word = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(trimmed)?.[0];
  if (word !== undefined && !['null', 'true', 'false'].includes(word)) {
    return at(text, start + word.length, `Unrecognized token '${word}': ${expectedValue}`);
  }
  const fieldName = /^\{\s*([^"}\s])/.exec(trimmed);
  if (fieldName?.[1] !== undefined) {
    const character = fieldName[1];
    const message = `Unexpected character ('${character}' (code ${character.codePointAt(0)})): was expecting double-quote to start field name`;
    return at(text, start + fieldName[0].length - 1, message);
  }
  const { message, offset } = ownWords(text);
  return at(text, offset, message);
}

const expectedValue = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/** `offset` counts characters; the column is that of the character behind what was read. */
function at(text: string, offset: number, message: string): { message: string; location: string } {
  const before = text.slice(0, offset).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  const shown = text.length > 500 ? `${text.slice(0, 500)}[truncated ${text.length - 500} chars]` : text;
  return { message, location: `[Source: (String)"${shown}"; line: ${before.length}, column: ${column}]` };
}

function ownWords(text: string): { message: string; offset: number } {
  try {
    JSON.parse(text);
    return { message: 'Unexpected content', offset: 0 };
  } catch (error) {
    const { message } = error as Error;
    return { message, offset: Number(/position (\d+)/.exec(message)?.[1] ?? text.length) };
  }
}
