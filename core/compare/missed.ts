import type { Comparison, Known } from './compare.js';

/** What another tool missed, by name. */
export type MissedCause =
  | 'Missing'
  | 'DiffersBySize'
  | 'DiffersByEtag'
  | 'DiffersByChecksum'
  | 'DiffersByTime'
  | 'Unproved';

type Missed = Extract<Comparison, { kind: 'missing' | 'differs' }>;

const CAUSES = {
  size: 'DiffersBySize',
  etag: 'DiffersByEtag',
  checksum: 'DiffersByChecksum',
  time: 'DiffersByTime',
  unproved: 'Unproved',
} as const satisfies Record<Extract<Missed, { kind: 'differs' }>['by'], MissedCause>;

/** Causes of objects that are there, and would be replaced. */
export const DIFFERING: readonly string[] = [
  CAUSES.size,
  CAUSES.etag,
  CAUSES.checksum,
] satisfies readonly MissedCause[];

/** Of a run that copies nothing: the name of what it found, and its words. */
export function missedCause(
  comparison: Missed,
  { source, destination }: { source: Known; destination: Known | undefined },
): { cause: MissedCause; message: string } {
  if (comparison.kind === 'missing' || !destination)
    return { cause: 'Missing', message: 'Nothing is at the destination under this key.' };
  return { cause: CAUSES[comparison.by], message: wordsOf(comparison.by, source, destination) };
}

function wordsOf(by: keyof typeof CAUSES, source: Known, destination: Known): string {
  const time = (at = 0) => new Date(at).toISOString();
  switch (by) {
    case 'size':
      return `The destination object has ${destination.size} bytes, the source object ${source.size}.`;
    case 'etag':
      return `The sizes are equal and the bytes are not: the destination object has the ETag ${destination.etag}, the source object ${source.etag}.`;
    case 'checksum':
      return 'The sizes are equal and the bytes are not: the checksums of the whole objects differ.';
    case 'time':
      return `The sizes are equal, neither ETag nor checksum tells more, and the destination object is the older one: ${time(destination.lastModified)}, the source object ${time(source.lastModified)}.`;
    case 'unproved':
      return 'The sizes are equal, and neither ETag nor checksum nor file proves that the bytes are.';
  }
}
