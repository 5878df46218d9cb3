import type { Attempt, FailedAttempt } from '../../contracts/attempt.js';
import type { Evidence } from '../../contracts/outcome.js';
import type { Row } from '../../contracts/row.js';
import type { RowToCopy } from './copy-row.js';
import type { Written } from '../ports.js';
import type { Sides } from './sides.js';

export function sent({ row, index, onTop }: RowToCopy, { source }: Sides, { etag, versionId }: Written): Attempt {
  // The version matters only where all of them are copied.
  const version = onTop === undefined || versionId === undefined ? {} : { version: versionId };
  return { kind: 'sent', row: index, etag, size: source.size ?? 0, ...sourceOf(row, source), ...version };
}

/** @param sides with a HEAD of the source */
export function queued({ row, index }: RowToCopy, { source: { head, isDrift } }: Sides): Attempt {
  if (!head) throw new Error(`${row.key}: expected a HEAD of the source before it is replicated`);
  const { versionId = 'null', etag, size, lastModified, etagKind, checksums } = head;
  const drift = isDrift ? { drift: true as const } : {};
  return {
    kind: 'queued',
    row: index,
    versionId,
    etag,
    size,
    lastModified,
    etagKind,
    checksums: [...checksums],
    ...drift,
  };
}

export function identical({ row, index }: RowToCopy, { source, destination }: Sides, evidence: Evidence): Attempt {
  return { kind: 'identical', row: index, etag: destination?.etag ?? '', evidence, ...sourceOf(row, source) };
}

/** What the attempt is about, where it is not what the inventory says. */
function sourceOf(row: Row, { etag = '', isDrift }: Sides['source']): { source?: string; drift?: true } {
  return { ...(etag === row.etag ? {} : { source: etag }), ...(isDrift ? { drift: true } : {}) };
}

export function failed(row: number, cause: string, message: string, status?: number): FailedAttempt {
  return { kind: 'failed', row, cause, message, ...(status === undefined ? {} : { status }) };
}
