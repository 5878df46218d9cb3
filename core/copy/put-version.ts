import type { Attempt } from '../../contracts/attempt.js';
import { StorageError } from '../errors.js';
import { failed } from './attempt-of.js';
import { settleError, type CopyTools, type RowToCopy, type Unfinished } from './copy-row.js';
import { look } from './look.js';
import { nextStep } from './next-step.js';
import { send, withinBudget } from './send.js';
import { firstSight, withSource } from './sides.js';

/** In the place of an ETag: a delete marker has none. */
export const DELETE_MARKER = 'delete marker';

/**
 * Puts one version, or delete marker, on top of what is current at the destination; a delete marker deletes that where the
 * bucket has no versioning. `changed`: something else is current there, which may be this very version where an answer was
 * lost.
 */
export async function putVersion(
  tools: CopyTools,
  item: RowToCopy & Required<Pick<RowToCopy, 'onTop'>>,
): Promise<Attempt | Unfinished | 'changed'> {
  if (item.row.isDeleteMarker) return putMarker(tools, item);
  // Nothing to compare with: it is put, whatever lies below it.
  let sides = firstSight(item.row, undefined, tools.run, item.archive);
  if (item.head) sides = withSource(sides, item.head, item.row);
  try {
    for (;;) {
      const step = nextStep(sides, item.row, item.destinationKey, tools.run);
      if (step.kind === 'look') {
        const seen = await look(tools, item, sides, step.at);
        if (seen === 'gone') return { kind: 'gone', row: item.index };
        sides = { ...seen, destination: undefined };
      } else if (step.kind === 'refuse') return failed(item.index, step.cause, step.message);
      else if (step.kind === 'send') return await send(tools, item, sides, step.method);
      else throw new Error(`${item.index}: expected a version to be put, found it ${step.kind}`);
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return settleError(tools, item, sides, error);
  }
}

/** Asked once: a marker whose answer was lost, and that is asked for again, would be there twice. */
async function putMarker(
  tools: CopyTools,
  { index, destinationKey, onTop }: RowToCopy & Required<Pick<RowToCopy, 'onTop'>>,
): Promise<Attempt | Unfinished | 'changed'> {
  const { pair, pace } = tools;
  const ask = async () => {
    try {
      return await pair.putDeleteMarker({ key: destinationKey, etag: onTop.etag });
    } catch (error) {
      // What S3 had no time for it has not done.
      if (error instanceof StorageError && error.kind !== 'throttled') return error;
      throw error;
    }
  };
  try {
    const answer = await withinBudget(tools, index, { objects: 1, bytes: 0 }, () =>
      pace.write({ key: destinationKey, usesKms: false }, ask),
    );
    if ('kind' in answer && answer.kind === 'unfinished') return answer;
    if (answer instanceof StorageError) return isOpen(answer) ? 'changed' : refused(index, answer);
    const { versionId } = answer;
    return {
      kind: 'sent',
      row: index,
      etag: DELETE_MARKER,
      size: 0,
      ...(versionId === undefined ? {} : { version: versionId }),
    };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { kind: 'unfinished', row: index };
  }
}

/** Whether it may be there after all, or something else is. */
function isOpen({ kind, code }: StorageError): boolean {
  return kind !== 'refused' || ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'].includes(code);
}

function refused(index: number, { code, message, status }: StorageError): Attempt {
  return failed(index, code, message, status);
}
