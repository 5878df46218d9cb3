/** Whether something is as it should be. All words are sentences or parts of one, for people. */
export type Verdict =
  | { kind: 'held'; found: string }
  | { kind: 'broken'; expected: string; found: string; remedy: string };

export function held(found: string): Verdict {
  return { kind: 'held', found };
}

export function broken(expected: string, found: string, remedy: string): Verdict {
  return { kind: 'broken', expected, found, remedy };
}

/** Our own errors say first what came, then what to do. */
export function splitMessage(message: string): { found: string; remedy: string } {
  const [, found = message, remedy = ''] = /^(.*?\.) ([A-Z].*)$/s.exec(message) ?? [];
  return { found, remedy };
}
