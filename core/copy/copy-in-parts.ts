import type { UploadRecord } from '../../contracts/upload.js';
import { StorageError } from '../errors.js';
import type { Budget } from '../fences/budget.js';
import { inParallel } from '../parallel.js';
import type {
  BucketPair,
  NewObject,
  ObjectHead,
  PinnedDestination,
  PinnedSource,
  UploadedPart,
  Written,
} from '../ports.js';
import type { Pace, Write } from './pace.js';
import { planParts } from './part-plan.js';
import type { UploadRecords } from './upload-records.js';

/** Parts of one object in flight at once. */
const PARTS_IN_FLIGHT = 16;

export interface PartsToCopy {
  source: PinnedSource;
  head: ObjectHead;
  /** Bytes of each part. */
  sizes: readonly number[];
  destination: PinnedDestination;
  write: Write;
  /** Made when the upload is begun: a copy that goes on has it already. */
  object: () => Promise<NewObject>;
}

export interface PartTools {
  pair: BucketPair;
  pace: Pace;
  uploads: UploadRecords;
  /** Whether to begin no more parts. */
  isLate: () => boolean;
  budget: Pick<Budget, 'take'>;
}

export type CopiedInParts =
  | ({ kind: 'written' } & Written)
  /** Its time was over: goes on where it was left. */
  | { kind: 'unfinished'; uploadId: string; parts: number };

/**
 * Copies an object in parts, as many at once as PARTS_IN_FLIGHT, and goes on where a call before left off: the upload is
 * on file, and S3 says which parts it has. The whole is checked by S3 against the source's size and full-object checksum.
 * Throws StorageError; an upload that can come to nothing is aborted then, one that may yet go on stays.
 */
export async function copyInParts(tools: PartTools, job: PartsToCopy): Promise<CopiedInParts> {
  const { pair, pace, uploads } = tools;
  const record = await openUpload(tools, job);
  const upload = { key: record.key, id: record.id, checksum: record.checksum };
  const parts = new Map<number, UploadedPart>();
  try {
    const done = await pace.patiently(() => pair.listParts(upload));
    if (!done) throw uploadGone();
    for (const part of done) parts.set(part.number, part);
    const missing = planParts(record.parts).filter(({ number }) => !parts.has(number));
    await inParallel(
      missing,
      PARTS_IN_FLIGHT,
      async ({ number, range }) => {
        // Part by part: what a run may copy no more of, the next one goes on with.
        if (!(await tools.budget.take({ objects: 0, bytes: record.parts[number - 1] ?? 0 }))) return;
        parts.set(number, await pace.write(job.write, () => pair.copyPart(job.source, upload, number, range)));
      },
      tools.isLate,
    );
    if (parts.size < record.parts.length) return { kind: 'unfinished', uploadId: record.id, parts: parts.size };
    const written = await pace.write(toDestination(job), () =>
      pair.completeUpload(upload, inOrder(parts), job.destination, {
        size: record.parts.reduce((sum, size) => sum + size, 0),
        checksum: fullChecksum(job.head, record.checksum),
      }),
    );
    await uploads.drop(record.key);
    return { kind: 'written', ...written };
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'throttled')
      return { kind: 'unfinished', uploadId: record.id, parts: parts.size };
    // What passes may be gone on with; anything else would only be refused again.
    if (error instanceof StorageError && error.kind === 'refused') {
      await pace.write(toDestination(job), () => pair.abortUpload(record.key, record.id));
      await uploads.drop(record.key);
    }
    throw error;
  }
}

/** What is no part is one request, however its bytes travel. */
function toDestination({ write: { key, usesKms } }: PartsToCopy): Write {
  return { key, usesKms };
}

/** The upload under way, where it copies this very object; else a new one, and an old one is aborted. */
async function openUpload({ pair, pace, uploads }: PartTools, job: PartsToCopy): Promise<UploadRecord> {
  const { key } = job.destination;
  const known = await uploads.find(key);
  if (known && isOf(known, job, uploads.settings)) return known;
  if (known) {
    await pace.write(toDestination(job), () => pair.abortUpload(key, known.id));
    await uploads.drop(key);
  }
  const object = await job.object();
  const { id, checksum } = await pace.write(toDestination(job), () =>
    pair.beginUpload(key, object, checksumKind(job.head)),
  );
  const own: UploadRecord = {
    key,
    id,
    sourceEtag: job.source.etag,
    sourceModified: job.head.lastModified,
    ...(job.source.versionId === undefined ? {} : { sourceVersion: job.source.versionId }),
    parts: [...job.sizes],
    settings: uploads.settings,
    ...(checksum === undefined ? {} : { checksum }),
  };
  const claimed = await uploads.claim(own);
  if (claimed.id !== id) await pace.write(toDestination(job), () => pair.abortUpload(key, id));
  return claimed;
}

/** Whether an upload under way copies this very object. */
function isOf(record: UploadRecord, { source, head }: PartsToCopy, settings: string): boolean {
  return (
    record.sourceEtag === source.etag &&
    record.sourceModified === head.lastModified &&
    record.sourceVersion === source.versionId &&
    record.settings === settings
  );
}

/** As the source has it. S3 makes no full-object checksum of SHA parts; then it is left to S3's default. */
function checksumKind({ checksums: [checksum] }: ObjectHead): UploadRecord['checksum'] {
  if (!checksum || (checksum.type === 'FULL_OBJECT' && checksum.algorithm.startsWith('SHA'))) return undefined;
  return { algorithm: checksum.algorithm, type: checksum.type };
}

function inOrder(parts: ReadonlyMap<number, UploadedPart>): UploadedPart[] {
  return [...parts.values()].toSorted((a, b) => a.number - b.number);
}

/** A composite one follows from the parts' own, which S3 checks as they come. */
function fullChecksum({ checksums: [checksum] }: ObjectHead, kind: UploadRecord['checksum']): string | undefined {
  const isTheirs = checksum?.type === 'FULL_OBJECT' && checksum.algorithm === kind?.algorithm;
  return isTheirs ? checksum.value : undefined;
}

/** Completed by a worker beside this one, or aborted by somebody: both sides are to be looked at again. */
function uploadGone(): StorageError {
  return new StorageError('NoSuchUpload', 'The upload under way is not there any more.', {
    kind: 'refused',
    status: 404,
  });
}
