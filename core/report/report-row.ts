import type { Outcome } from '../../contracts/outcome.js';
import type { Row } from '../../contracts/row.js';
import { encodeKey } from '../keys.js';
import type { Verdict } from '../verify/judge.js';

/** Columns of S3 Batch Operations' completion report, `Report_CSV_20180820`. */
export const REPORT_SCHEMA = 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage';

/**
 * One line of a completion report. Only `owed` rows are `failed`; ResultMessage names outcome and evidence as JSON.
 * No cell is a formula to a spreadsheet: what a stranger may have chosen, key and version id, is percent-encoded.
 */
export function reportRow(bucket: string, row: Row, verdict: Verdict): string {
  return `"${bucket.replaceAll('"', '""')}","${encodeKey(row.key)}","${encodeKey(row.versionId)}",${verdict.kind === 'owed' ? restOf(verdict) : restOfSettled(verdict)}`;
}

/** The columns behind the version: few are written again and again. */
const settled = new Map<string, string>();

function restOfSettled(verdict: Exclude<Verdict, { kind: 'owed' }>): string {
  const { kind, evidence = '', drift = false } = { evidence: undefined, drift: undefined, ...verdict };
  const name = `${kind} ${evidence} ${drift}`;
  const known = settled.get(name);
  if (known !== undefined) return known;
  const rest = restOf(verdict);
  settled.set(name, rest);
  return rest;
}

function restOf(verdict: Verdict): string {
  const isFailed = verdict.kind === 'owed';
  const fields = [
    isFailed ? 'failed' : 'succeeded',
    isFailed ? verdict.cause : '',
    httpStatus(verdict),
    JSON.stringify(outcomeOf(verdict)),
  ];
  return fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');
}

function httpStatus(verdict: Verdict): string {
  if (verdict.kind === 'owed') return verdict.status === undefined ? '' : String(verdict.status);
  return verdict.kind === 'gone' ? '404' : '200';
}

function outcomeOf(verdict: Verdict): Outcome {
  switch (verdict.kind) {
    case 'identical':
      return { outcome: 'identical', evidence: verdict.evidence, ...(verdict.drift ? { drift: true } : {}) };
    case 'copied':
      return { outcome: 'copied', evidence: verdict.evidence ?? 'copied', ...(verdict.drift ? { drift: true } : {}) };
    case 'owed':
      return { outcome: 'failed', message: verdict.message };
    case 'gone':
    case 'archived':
    case 'wouldCopy':
      return { outcome: verdict.kind };
  }
}
