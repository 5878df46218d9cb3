import type { Proof } from '../../contracts/proof.js';
import type { Row } from '../../contracts/row.js';
import type { Run } from '../../contracts/run.js';
import type { EtagKind, Known } from '../compare/compare.js';
import type { ObjectHead, ObjectState } from '../ports.js';

/** What is known of a row's two objects so far. Replaced, never changed, as more is looked at. */
export interface Sides {
  source: Known & {
    storageClass: string;
    /** Undefined where nobody has asked for one. */
    head: ObjectHead | undefined;
    /** Bytes of its own parts. */
    parts: readonly number[] | undefined;
    /** Of its HEAD, or of a listing of the source; `none` where nobody looked: then S3's refusal tells. */
    archive: ObjectHead['archive'];
    /** It is not what the inventory saw. */
    isDrift: boolean;
  };
  destination: Known | undefined;
  onFile: Proof | 'unread' | 'none';
}

/** What a manifest's row and the destination's listing show, or a HEAD in its place. */
export function firstSight(
  row: Row,
  listed: ObjectState | ObjectHead | undefined,
  run: Pick<Run, 'request' | 'opaqueByDefault'>,
  archive: ObjectHead['archive'] = 'none',
): Sides {
  // A bucket's default says nothing of the objects that were there before it. A dry run, which looks at none, goes by it.
  const isPresumed = run.request.dryRun;
  return {
    source: {
      size: row.size,
      etag: row.etag === '' ? undefined : row.etag,
      lastModified: row.lastModified,
      etagKind: etagKindOf(row.encryption, isPresumed && run.opaqueByDefault.source),
      checksums: undefined,
      storageClass: row.storageClass,
      head: undefined,
      parts: undefined,
      archive,
      isDrift: false,
    },
    destination: listed && listedSight(listed, isPresumed && run.opaqueByDefault.destination),
    onFile: 'unread',
  };
}

/** What a listing shows, or a HEAD in its place. @param opaque whether its ETag is presumed to say nothing of the bytes */
export function listedSight(listed: ObjectState | ObjectHead, opaque: boolean): Known {
  if ('etagKind' in listed) return known(listed);
  const { size, etag, lastModified } = listed;
  return { size, etag, lastModified, etagKind: opaque ? 'opaque' : 'unknown', checksums: undefined };
}

/** Under SSE-KMS and SSE-C an ETag is no MD5, though it may look like one. */
function etagKindOf(encryption: string, opaqueByDefault: boolean): EtagKind {
  if (encryption === 'SSE-S3' || encryption === 'NOT-SSE') return 'digest';
  return encryption !== '' || opaqueByDefault ? 'opaque' : 'unknown';
}

/** The same after a HEAD of the source. @param row as the inventory has it */
export function withSource(sides: Sides, head: ObjectHead, row: Row): Sides {
  const isSame = sides.source.etag === head.etag;
  return {
    ...sides,
    source: {
      ...known(head),
      storageClass: head.storageClass,
      head,
      parts: isSame ? sides.source.parts : undefined,
      archive: head.archive,
      isDrift: sides.source.isDrift || (row.etag !== '' && head.etag !== row.etag),
    },
    onFile: isSame ? sides.onFile : 'unread',
  };
}

/** The same after a HEAD of the destination; undefined where nothing is there. */
export function withDestination(sides: Sides, head: ObjectHead | undefined): Sides {
  return { ...sides, destination: head && known(head) };
}

function known({ size, etag, lastModified, etagKind, checksums }: ObjectHead): Known {
  return { size, etag, lastModified, etagKind, checksums };
}
