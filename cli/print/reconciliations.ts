import type { Reconciliation } from '../../contracts/reconciliation.js';
import { causeSentence } from './cause.js';
import { duration } from './duration.js';
import { missingOf, missingPlot } from './missing-plot.js';
import { safeText } from './safe-text.js';
import { columns } from './table.js';

const HEADINGS = [
  'DAY',
  'STATUS',
  'WAY',
  'MISSING',
  'REPAIRED',
  'STILL MISSING',
  'EXPECTED',
  'VERIFIED',
  'EVIDENCE',
  'TOOK',
  'COST',
  'RUN',
];

/** The history of a pair as a table, under each line what has to be said of it, and a plot of what was missing. @param history oldest first */
export function reconciliationLines(history: readonly Reconciliation[]): string[] {
  const isOnly = ({ day }: Reconciliation) => history.filter((line) => line.day === day).length === 1;
  const [headings = '', ...rows] = columns([HEADINGS, ...history.map((line) => cellsOf(line, isOnly(line)))]);
  return [
    headings,
    ...rows.flatMap((row, index) => [row, ...remarksOf(history[index]).map((remark) => `  ${safeText(remark)}`)]),
    '',
    ...missingPlot(history),
  ];
}

/** A day that was reconciled more than once has the time of each. */
function cellsOf(line: Reconciliation, isOnly: boolean): string[] {
  // Without an answer a zero would say too much.
  const isKnown = missingOf(line) !== undefined;
  const count = (value: number) => (isKnown ? value.toLocaleString('en') : '');
  return [
    isOnly ? line.day : `${line.day} (${line.startedAt.slice(11, 16)} UTC)`,
    line.status,
    wayOf(line),
    ...[line.missing, line.repaired, line.missingAfterRepair, line.expected, line.verified].map(count),
    evidenceOf(line),
    duration(line.seconds * 1000),
    costOf(line.costUsd),
    safeText(line.run ?? ''),
  ];
}

function wayOf({ way, scope }: Reconciliation): string {
  return [way, ...(scope === 'part' ? ['a part'] : [])].filter(Boolean).join(', ');
}

function evidenceOf({ evidence }: Reconciliation): string {
  return Object.entries(evidence)
    .filter(([, rows]) => rows > 0)
    .map(([name, rows]) => `${rows.toLocaleString('en')} ${name}`)
    .join(' + ');
}

/** Most days cost less than a cent. */
function costOf(usd: number): string {
  return usd > 0 && usd < 0.01 ? '<$0.01' : `$${usd.toFixed(2)}`;
}

function remarksOf(line: Reconciliation | undefined): string[] {
  if (!line) return [];
  const { notes, error } = line;
  return [...notes, ...(error ? [error] : [])].map(({ name, message }) => `${name}: ${causeSentence(message)}`);
}
