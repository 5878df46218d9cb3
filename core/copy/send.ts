import type { Attempt } from '../../contracts/attempt.js';
import { StorageError } from '../errors.js';
import type { Amount, Written } from '../ports.js';
import { failed, queued, sent } from './attempt-of.js';
import { copyInParts } from './copy-in-parts.js';
import type { CopyTools, RowToCopy, Unfinished } from './copy-row.js';
import { newObjectFor } from './new-object.js';
import type { Write } from './pace.js';
import type { Step } from './next-step.js';
import type { Sides } from './sides.js';

/** Does what the method says. `changed`: a pin did not hold, and nothing was written. Throws StorageError. */
export async function send(
  tools: CopyTools,
  item: RowToCopy,
  sides: Sides,
  method: Extract<Step, { kind: 'send' }>['method'],
): Promise<Attempt | Unfinished | 'changed'> {
  const { index } = item;
  if (method.kind === 'archived') return { kind: 'archived', row: index };
  if (method.kind === 'restore') return restore(tools, item, sides);
  if (method.kind === 'replicate') {
    const amount = { objects: 1, bytes: sides.source.size ?? 0 };
    return (await tools.budget.take(amount)) ? queued(item, sides) : { kind: 'unfinished', row: index };
  }
  try {
    const { source } = sides;
    const pinned = { key: item.row.key, versionId: item.versionId, etag: source.etag ?? '' };
    const destination = { key: item.destinationKey, etag: (item.onTop ?? sides.destination)?.etag };
    const isCopyObject = method.kind === 'whole' && tools.pair.isInPlace;
    if ((await announce(tools, item, sides)) === 'newer')
      return failed(
        index,
        'DestinationNewer',
        'The destination object was written since both sides were last the same, and the source was not: the live copy brings it there.',
      );
    const object = () => newObjectFor(tools, pinned, sides, isCopyObject ? 'copyObject' : 'other');
    if (method.kind === 'whole') {
      const given = await object();
      const whole = { size: source.size ?? 0, checksums: source.checksums ?? [] };
      const write = writeOf(tools, item, sides);
      return await withinBudget(tools, index, { objects: 1, bytes: whole.size }, async (counted) => {
        const copy = counted(() => tools.pair.copy({ source: pinned, destination, object: given }, whole));
        // On top of the same bytes the pin holds also after a copy whose answer was lost: asked again, it would be there twice.
        if (item.onTop && item.onTop.etag === source.etag) return sendOnce(tools, item, sides, write, copy);
        return sent(item, sides, await tools.pace.write(write, copy));
      });
    }
    const { head } = source;
    if (!head) throw new Error(`${item.row.key}: expected a HEAD of the source before its parts are copied`);
    if (!(await tools.budget.take(ONE_OBJECT))) return { kind: 'unfinished', row: index };
    const done = await copyInParts(tools, {
      source: pinned,
      head,
      sizes: method.sizes,
      destination,
      write: writeOf(tools, item, sides),
      object,
    }).catch((error: unknown) => {
      if (error instanceof StorageError && error.kind === 'refused' && !isChange(error, destination.etag))
        tools.budget.putBack(ONE_OBJECT);
      throw error;
    });
    if (done.kind === 'written') return sent(item, sides, done);
    tools.budget.putBack(ONE_OBJECT);
    return { kind: 'unfinished', row: index, upload: { id: done.uploadId, parts: done.parts } };
  } catch (error) {
    if (error instanceof StorageError && isChange(error, (item.onTop ?? sides.destination)?.etag)) return 'changed';
    throw error;
  }
}

/**
 * Of what is current at the source: an earlier version that a restore brings back is somebody's newer object, and no copy of
 * what the pair has now.
 */
async function announce(
  tools: CopyTools,
  item: RowToCopy,
  { source, destination }: Sides,
): Promise<'announced' | 'newer'> {
  const { announce: tell } = tools;
  const { head } = source;
  if (!tell || !head || item.versionId !== undefined) return 'announced';
  const { row, destinationKey } = item;
  const { destination: to, overwrite } = tools.run.request;
  const { etag, lastModified = 0 } = destination ?? {};
  const announced = {
    bucket: to.bucket,
    sourceKey: row.key,
    destinationKey,
    of: head,
    over: etag === undefined ? undefined : { etag, lastModified },
    givesWay: overwrite === 'older',
  };
  return tools.pace.besides(() => tell(announced));
}

const ONE_OBJECT = { objects: 1, bytes: 0 };

/**
 * Copies within what the run may copy; the row stays open where that is not enough. What S3 refused in its only answer was
 * surely not copied, and is given to others: after an answer that was lost it may have been.
 */
export async function withinBudget<T>(
  { budget }: Pick<CopyTools, 'budget'>,
  row: number,
  amount: Amount,
  send: (counted: <A>(call: () => Promise<A>) => () => Promise<A>) => Promise<T>,
): Promise<T | Unfinished> {
  if (!(await budget.take(amount))) return { kind: 'unfinished', row };
  let calls = 0;
  try {
    return await send((call) => () => {
      calls += 1;
      return call();
    });
  } catch (error) {
    const isRefused = error instanceof StorageError && error.kind !== 'transient' && calls <= 1;
    if (isRefused) budget.putBack(amount);
    throw error;
  }
}

/** Asked for again what is under way already: S3 says so, and it means the same. */
export async function restore(tools: CopyTools, { row, index, versionId }: RowToCopy, sides: Sides): Promise<Attempt> {
  const { restoreDays, restoreTier } = tools.run.request;
  if (sides.source.archive !== 'restoring') {
    // What Intelligent-Tiering archived goes back for good.
    const days = sides.source.storageClass === 'INTELLIGENT_TIERING' ? undefined : restoreDays;
    try {
      await tools.pace.patiently(
        () => tools.pair.restore({ key: row.key, versionId }, { days, tier: restoreTier }),
        'source',
      );
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'RestoreAlreadyInProgress') throw error;
    }
  }
  return { kind: 'restoring', row: index };
}

/**
 * 412: a pin did not hold. 409: another write to the same key was under way. 404: with If-Match S3 says it of a destination
 * object that was deleted meanwhile as well as of the source; or an upload was completed by a worker beside this one.
 */
function isChange({ code }: StorageError, destinationEtag: string | undefined): boolean {
  // By its code: in the body of a 200 it has no status of its own.
  return (
    code === 'PreconditionFailed' ||
    code === 'ConditionalRequestConflict' ||
    code === 'NoSuchUpload' ||
    (code === 'NoSuchKey' && destinationEtag !== undefined)
  );
}

/** Asked once, but for what S3 had no time for: that it has not done. */
async function sendOnce(
  { pace }: CopyTools,
  item: RowToCopy,
  sides: Sides,
  write: Write,
  copy: () => Promise<Written>,
): Promise<Attempt | 'changed'> {
  const answer = await pace.write(write, async () => {
    try {
      return await copy();
    } catch (error) {
      if (error instanceof StorageError && error.kind === 'transient') return 'unknown';
      throw error;
    }
  });
  return answer === 'unknown' ? 'changed' : sent(item, sides, answer);
}

/** A key of KMS is needed to write under one, and to read what lies under one. */
function writeOf({ run, pair }: CopyTools, { row, destinationKey }: RowToCopy, { source }: Sides): Write {
  const isUnderKey = source.head ? source.head.kmsKeyArn !== undefined : row.encryption.includes('KMS');
  return {
    key: destinationKey,
    usesKms: run.request.destination.kmsKeyArn !== undefined || run.opaqueByDefault.destination || isUnderKey,
    requests: pair.isInPlace ? 1 : 2,
  };
}
