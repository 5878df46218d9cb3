/** Levels of arrays and objects in a JSON text from outside; more would only serve to exhaust the stack. */
export const nestingLimit = 1_000;

/** Whether a valid JSON text is nested deeper than that. */
export function tooDeeplyNested(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length && depth <= nestingLimit; at += 1) {
    const character = text[at];
    if (character === '"') inString = !inString;
    else if (inString) at += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
  }
  return depth > nestingLimit;
}
