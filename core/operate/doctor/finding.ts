/** One check of the doctor: nothing is in the way, something is worth knowing, or no run will get past it. */
export type Finding =
  | { check: string; level: 'ok'; found: string }
  | { check: string; level: 'note' | 'stop'; expected: string; found: string; remedy: string };

export function ok(check: string, found: string): Finding {
  return { check, level: 'ok', found };
}

export function note(check: string, expected: string, found: string, remedy: string): Finding {
  return { check, level: 'note', expected, found, remedy };
}

export function stop(check: string, expected: string, found: string, remedy: string): Finding {
  return { check, level: 'stop', expected, found, remedy };
}

/** Looking was refused: that says nothing of the pair, whose roles are others. */
export function mayNotLook(check: string, code: string, permission: string): Finding {
  return code === 'NotImplemented'
    ? note(check, 'a server that answers this', code, 'This server has no such setting; nothing is to be done.')
    : note(
        check,
        'to be allowed to look',
        code,
        `You may not look. Allow ${permission} to yourself, or ask whoever may.`,
      );
}
