import type { Finding } from '../../core/operate/doctor/finding.js';
import type { Step } from '../../core/operate/selftest/self-test.js';
import { duration } from './duration.js';

const LONGEST_CHECK = 'inventory configuration'.length;
const LONGEST_TITLE = 'compare objects'.length;

/** A check on one line: what was expected, what was found, and what to do where something is in the way. */
export function findingLine(finding: Finding): string {
  const head = `${finding.level.padEnd(4)}  ${finding.check.padEnd(LONGEST_CHECK)}  `;
  if (finding.level === 'ok') return head + finding.found;
  return head + wanting(finding);
}

/** A step on one line: whether it held, and how long it took. */
export function stepLine({ title, verdict, milliseconds }: Step): string {
  const isHeld = verdict.kind === 'held';
  const words = isHeld ? verdict.found : wanting(verdict);
  return `${isHeld ? 'ok    ' : 'failed'}  ${title.padEnd(LONGEST_TITLE)}  ${duration(milliseconds).padStart(6)}  ${words}`;
}

function wanting({ expected, found, remedy }: { expected: string; found: string; remedy: string }): string {
  const sentence = `expected ${expected}; found ${found}`;
  return `${sentence}${sentence.endsWith('.') ? '' : '.'} ${remedy}`.trimEnd();
}
