import { childText, readXml } from '../../http/xml-reader.js';
import { type Archive, RETRIEVAL_TIMES, type Restore, type RetrievalTier, archiveState, expiryOf } from '../archive.js';
import { changeObject } from '../change-object.js';
import { type Operation, bucketOf, objectOf } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';
import type { StoredObject } from '../stored-object.js';

/**
 * 202 begins a restore (or makes one that is under way faster), 200 keeps a restored copy for longer.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
 */
export const restoreObject: Operation = async (call) => {
  objectOf(call, bucketOf(call), undefined, 'changes');
  const wanted = readRequest((await call.payload()).data.toString());
  let status = 202;
  changeObject(call, (object) => {
    const now = call.service.clock.now();
    const state = archiveState(object, now);
    if (state.kind === 'active') throw notArchived(object);
    checkDays(object, wanted);
    if (state.kind === 'restored') {
      status = 200;
      return { ...object, restore: { ...(object.restore as Restore), ...kept(wanted.days, now) } };
    }
    const takes = timeOf(state.archive, wanted.tier);
    if (state.kind === 'restoring') {
      // A faster tier, and nothing else changed, is AWS's upgrade of a restore's speed.
      const before = timeOf(state.archive, state.restore.tier);
      if (takes >= before || wanted.days !== state.restore.days) throw new S3Error('RestoreAlreadyInProgress');
    }
    const completesAt = now + takes;
    return { ...object, restore: { ...wanted, requestedAt: now, completesAt, ...kept(wanted.days, completesAt) } };
  });
  return { status };
};

type Wanted = Pick<Restore, 'tier' | 'days'>;

/** Missing or odd Days are `MalformedXML` on S3, so it is told; that odd tiers and zero Days are too is a guess. */
function readRequest(text: string): Wanted {
  const document = readXml(text);
  if (document?.name !== 'RestoreRequest') throw new S3Error('MalformedXML');
  for (const name of ['Type', 'SelectParameters', 'OutputLocation'])
    if (document.children.some((child) => child.name === name)) throw notImplemented({ parameter: name });
  const parameters = document.children.find((child) => child.name === 'GlacierJobParameters');
  const tier = (childText(parameters ?? document, 'Tier') ?? 'Standard').trim();
  const days = childText(document, 'Days')?.trim();
  if (!isTier(tier) || (days !== undefined && !/^[1-9]\d{0,8}$/.test(days))) throw new S3Error('MalformedXML');
  return { tier, days: days === undefined ? undefined : Number(days) };
}

const isTier = (name: string): name is RetrievalTier => name === 'Expedited' || name === 'Standard' || name === 'Bulk';

/** What Intelligent-Tiering brings back stays; all else is a copy for so many days. */
function checkDays({ storageClass }: StoredObject, { days }: Wanted): void {
  if (storageClass === 'INTELLIGENT_TIERING') {
    if (days === undefined) return;
    throw new S3Error(
      'InvalidArgument',
      {},
      'INTELLIGENT_TIERING objects are not subject to restore expiry. Do not specify Days when restoring this object',
    );
  }
  if (days === undefined) throw new S3Error('MalformedXML');
}

/** The message is S3's; its code is a guess. */
function timeOf(archive: Archive, tier: RetrievalTier): number {
  const takes = RETRIEVAL_TIMES[archive][tier];
  if (takes !== undefined) return takes;
  throw new S3Error('InvalidArgument', {}, 'Retrieval option is not supported by this storage class');
}

const kept = (days: number | undefined, from: number): Pick<Restore, 'days' | 'expiresAt'> => ({
  days,
  expiresAt: days === undefined ? undefined : expiryOf(from, days),
});

/** That an object of Intelligent-Tiering in a tier that can be read has an error of its own is a guess from S3's model. */
function notArchived({ storageClass }: StoredObject): S3Error {
  if (storageClass === 'INTELLIGENT_TIERING') return new S3Error('ObjectAlreadyInActiveTierError');
  return new S3Error(
    'InvalidObjectState',
    { StorageClass: storageClass },
    "Restore is not allowed for the object's current storage class",
  );
}
