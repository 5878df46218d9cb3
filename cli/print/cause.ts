/** Characters of a cause that are shown; the JSON output has all of it. */
const MOST_SHOWN = 600;

/** The sentence in a Cause: a failed function's and a failed run's are JSON around it. */
export function causeSentence(cause: string | undefined): string {
  const text = sentenceIn(cause ?? '');
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function sentenceIn(cause: string): string {
  try {
    const { errorMessage, message } = JSON.parse(cause) as { errorMessage?: unknown; message?: unknown };
    if (typeof errorMessage === 'string') return errorMessage;
    if (typeof message === 'string') return message;
  } catch {
    // Not JSON: the words themselves.
  }
  return cause;
}
