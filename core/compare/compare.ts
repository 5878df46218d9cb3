import type { Evidence } from '../../contracts/outcome.js';
import type { Proof } from '../../contracts/proof.js';
import type { Checksum } from '../ports.js';
import { compareChecksums } from './checksums.js';

/**
 * How an ETag is to be read: as a digest of the bytes, or as a mere name that says nothing of them (under KMS or a
 * customer's key). `unknown` until somebody looks.
 */
export type EtagKind = 'digest' | 'opaque' | 'unknown';

/** What is known of one side's object. */
export interface Known {
  /** Bytes. Undefined, as the ETag and the time are, where the inventory has no such column. */
  size: number | undefined;
  /** Without quotes. */
  etag: string | undefined;
  /** Milliseconds since the epoch. */
  lastModified: number | undefined;
  etagKind: EtagKind;
  /** Undefined where no HEAD has asked for them yet. */
  checksums: readonly Checksum[] | undefined;
}

export interface Sight {
  source: Known;
  /** Undefined where nothing is there. */
  destination: Known | undefined;
  /** Of an earlier run, about this key: `unread` until it is looked for. */
  onFile: Proof | 'unread' | 'none';
  /** Size and time are not enough. */
  isStrong: boolean;
  /** Checksums are asked for where ETags cannot tell, though size and time are enough where there are none. */
  asksChecksums?: boolean;
}

export type Comparison =
  | { kind: 'missing' }
  | { kind: 'identical'; evidence: Evidence }
  /** `unproved`: nothing says that it differs, and nothing that is strong enough that it does not. */
  | { kind: 'differs'; by: 'size' | 'etag' | 'checksum' | 'time' | 'unproved' }
  /** What has to be known before it can be told. */
  | { kind: 'ask'; what: 'source' | 'destination' | 'proofs' };

/**
 * Compares a source object with what is at its destination. The first row that fits:
 *
 * | # | source | destination | sizes | ETags | then |
 * |---|---|---|---|---|---|
 * | 1 | lacks size, ETag or time | | | | HEAD the source, then as below |
 * | 2 | | nothing | | | missing |
 * | 3 | | there | differ | | differs |
 * | 4 | | there | equal | equal | identical, `etag` |
 * | 5 | | there | equal | differ, both comparable | differs |
 * | 6 | | there | equal | differ, an earlier run's proof is about these two | identical, `copied` (or as it was proved) |
 * | 7 | | there | equal | differ, not known whether comparable | HEAD that side, then as above and below |
 * | 8 | | there | equal | not comparable, proof asked for | HEAD both; equal checksums → identical, `checksum`; unequal → differs |
 * | 9 | | there | equal | not comparable, no proof to be had, `proof: "strong"` | differs: unproved |
 * | 10 | | there | equal | not comparable, no proof to be had | not older than the source → identical, `sizeAndTime`; older → differs |
 *
 * ETags are comparable where both are digests of the bytes, sent in the same number of parts. Proof is asked for with
 * `proof: "strong"`, by a run that copies nothing, and where an earlier run's proof is about the same source and another destination object: then
 * somebody has written there since; and once a HEAD of row 7 has shown a checksum of the destination. Checksums that are
 * known count in any case.
 */
export function compare(sight: Sight): Comparison {
  const { source, destination, onFile, isStrong, asksChecksums } = sight;
  if (source.size === undefined || source.etag === undefined || source.lastModified === undefined)
    return { kind: 'ask', what: 'source' };
  if (!destination) return { kind: 'missing' };
  if (destination.size !== source.size) return { kind: 'differs', by: 'size' };
  if (destination.etag === source.etag) return { kind: 'identical', evidence: 'etag' };
  const comparable = areComparable(source, destination);
  if (comparable === true) return { kind: 'differs', by: 'etag' };
  if (onFile === 'unread') return { kind: 'ask', what: 'proofs' };
  const proof = onFile !== 'none' && onFile.source === source.etag ? onFile : undefined;
  if (proof && proof.destination === destination.etag) return { kind: 'identical', evidence: proof.evidence };
  if (comparable === 'unknown')
    return { kind: 'ask', what: destination.etagKind === 'unknown' ? 'destination' : 'source' };

  if (isStrong || asksChecksums || proof || (destination.checksums?.length ?? 0) > 0) {
    if (!destination.checksums) return { kind: 'ask', what: 'destination' };
    if (!source.checksums) return { kind: 'ask', what: 'source' };
  }
  const verdict = compareChecksums(source.checksums ?? [], destination.checksums ?? []);
  if (verdict === 'equal') return { kind: 'identical', evidence: 'checksum' };
  if (verdict === 'unequal') return { kind: 'differs', by: 'checksum' };
  if (proof) return { kind: 'differs', by: 'etag' };
  if (isStrong) return { kind: 'differs', by: 'unproved' };
  return (destination.lastModified ?? 0) >= source.lastModified
    ? { kind: 'identical', evidence: 'sizeAndTime' }
    : { kind: 'differs', by: 'time' };
}

/** Whether unequal ETags say that the bytes differ. */
function areComparable(source: Known, destination: Known): boolean | 'unknown' {
  if (partsOf(source.etag) !== partsOf(destination.etag)) return false;
  if (source.etagKind === 'opaque' || destination.etagKind === 'opaque') return false;
  return source.etagKind === 'digest' && destination.etagKind === 'digest' ? true : 'unknown';
}

/** `…-N` marks an upload in N parts; 0 for a single one. */
export function partsOf(etag = ''): number {
  const dash = etag.lastIndexOf('-');
  return dash < 0 ? 0 : Number(etag.slice(dash + 1));
}
