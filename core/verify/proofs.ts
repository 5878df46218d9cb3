import type { Attempt } from '../../contracts/attempt.js';
import type { ProofLine } from '../../contracts/proof.js';
import type { Row } from '../../contracts/row.js';
import { versionIdOf } from '../copy/copy-versions.js';

/**
 * What shows that a row's copy is its copy, where their ETags do not: S3's answer to this run, or what proved it before. The
 * next runs go by it. Undefined where the ETags show it, or where only size and time do.
 * @param attempt of a row that was judged to have arrived
 */
export function proofOf(row: Row, attempt: Attempt | undefined): ProofLine | undefined {
  if (row.isDeleteMarker) return undefined;
  if (attempt?.kind !== 'sent' && attempt?.kind !== 'identical') return undefined;
  const evidence = attempt.kind === 'sent' ? 'copied' : attempt.evidence;
  const source = attempt.source ?? row.etag;
  if (attempt.etag === source || evidence === 'etag' || evidence === 'sizeAndTime') return undefined;
  const version = attempt.version === undefined ? {} : { versionId: versionIdOf(row) };
  return { key: row.key, ...version, source, destination: attempt.etag, evidence };
}
