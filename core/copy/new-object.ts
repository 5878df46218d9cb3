import type { BucketPair, NewObject, ObjectHead, ObjectLock } from '../ports.js';
import { storageClassOf } from './next-step.js';
import type { CopyTerms } from './copy-row.js';
import type { Pace } from './pace.js';
import type { Sides } from './sides.js';

interface Tools {
  pair: BucketPair;
  pace: Pace;
  run: CopyTerms;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/**
 * What a copy is given beside its bytes. CopyObject takes content headers, metadata and tags from the source by itself,
 * and nothing else; whatever is written in parts or streamed is given all of it.
 * @param by whether S3 copies the object whole and by itself
 */
export async function newObjectFor(
  { pair, pace, run, now }: Tools,
  source: { key: string; versionId?: string | undefined },
  sides: Sides,
  by: 'copyObject' | 'other',
): Promise<NewObject> {
  const { request } = run;
  const { kmsKeyArn, bucketKeyEnabled } = request.destination;
  const { head } = sides.source;
  const acl =
    request.acl === 'copy'
      ? await pace.patiently(() => pair.sourceGrants(source.key, source.versionId), 'source')
      : request.acl;
  return {
    storageClass: storageClassOf(sides, run),
    kmsKeyArn,
    bucketKeyEnabled,
    acl,
    lock: request.objectLock && head && standingLock(head.lock, now()),
    websiteRedirect: head?.websiteRedirect,
    ...(by === 'copyObject' || !head ? {} : await described(pair, pace, source, head)),
  };
}

async function described(
  pair: BucketPair,
  pace: Pace,
  { key, versionId }: { key: string; versionId?: string | undefined },
  head: ObjectHead,
): Promise<Pick<NewObject, 'content' | 'tags'>> {
  const tags = head.tagCount > 0 ? await pace.patiently(() => pair.sourceTags(key, versionId), 'source') : {};
  return { content: head.content, tags };
}

/** A date in the past cannot be set again, and holds nothing any more. */
function standingLock({ mode, retainUntil, legalHold }: ObjectLock, now: number): ObjectLock {
  return {
    ...(mode !== undefined && retainUntil !== undefined && retainUntil > now ? { mode, retainUntil } : {}),
    ...(legalHold ? { legalHold } : {}),
  };
}
