import { createHash } from 'node:crypto';
import type { Run } from '../../contracts/run.js';
import { uploadRecord, type UploadRecord } from '../../contracts/upload.js';
import { StorageError } from '../errors.js';
import type { BucketPair, FileStore, Ports } from '../ports.js';
import { readJson, readRun, runFiles } from '../run-files.js';

/**
 * Uploads of a run that are under way, on file in the work bucket: whoever is called next goes on with them, and the run's
 * end aborts what is left. An upload is on file before its first part is sent.
 */
export class UploadRecords {
  constructor(
    private readonly files: FileStore,
    /** Where they are, with a closing slash. */
    private readonly folder: string,
    private readonly terms: Pick<Run, 'request' | 'isInPlace'>,
  ) {}

  /** Where copies of this run go, and what they are given: a run of other settings does not go on with its uploads. */
  get settings(): string {
    const { destination, acl, objectLock, multipart } = this.terms.request;
    const { bucket, storageClass, kmsKeyArn, bucketKeyEnabled } = destination;
    const { isInPlace } = this.terms;
    return JSON.stringify({ bucket, storageClass, kmsKeyArn, bucketKeyEnabled, acl, objectLock, multipart, isInPlace });
  }

  /** The upload under way to a destination key. */
  async find(key: string): Promise<UploadRecord | undefined> {
    const file = await this.files.read(this.#name(key));
    return file && uploadRecord.parse(JSON.parse(file.body.toString('utf8')));
  }

  /** Puts an upload on file; answers the one that is: a worker beside this one may have been first. */
  async claim(record: UploadRecord): Promise<UploadRecord> {
    if (await this.files.writeIf(this.#name(record.key), JSON.stringify(record), undefined)) return record;
    return (await this.find(record.key)) ?? record;
  }

  drop(key: string): Promise<void> {
    return this.files.remove(this.#name(key));
  }

  #name(key: string): string {
    return `${this.folder}${createHash('sha256').update(key).digest('hex')}.json`;
  }
}

/** Whether a run writes nothing to the destination: then it aborts nothing there either. */
export function isLooking({ request }: Pick<Run, 'request'>): boolean {
  return request.dryRun || request.engine === 'none';
}

/**
 * Makes the uploads that an earlier run left under way those of this one, which goes on with them, or aborts them at its end.
 * Those to another bucket are aborted, unless this run writes nothing.
 */
export async function inheritUploads(
  ports: Pick<Ports, 'work' | 'pair'>,
  earlier: string,
  run: Pick<Run, 'id' | 'request'>,
): Promise<void> {
  let isElsewhere = false;
  for await (const name of ports.work.list(runFiles(earlier).uploads)) {
    const record = await readJson(ports.work, name, uploadRecord);
    if (bucketOf(record) !== run.request.destination.bucket) {
      isElsewhere = true;
      continue;
    }
    const own = runFiles(run.id).uploads + name.slice(runFiles(earlier).uploads.length);
    // One that this run has begun itself, meanwhile, counts: the other is left for the end.
    if (await ports.work.writeIf(own, JSON.stringify(record), undefined)) await ports.work.remove(name);
  }
  if (isElsewhere && !isLooking(run)) await abortUploads(ports, earlier);
}

function bucketOf({ settings = '{}' }: UploadRecord): unknown {
  return (JSON.parse(settings) as { bucket?: unknown }).bucket;
}

/**
 * Aborts what a run left under way, its own uploads and no one else's. Answers how many there were. One that may not be
 * aborted (any more: the pair may have another destination now) stays on file, and holds nothing up.
 */
export async function abortUploads(ports: Pick<Ports, 'work' | 'pair'>, runId: string): Promise<number> {
  let pair: BucketPair | undefined;
  let aborted = 0;
  for await (const name of ports.work.list(runFiles(runId).uploads)) {
    const { key, id } = await readJson(ports.work, name, uploadRecord);
    pair ??= await pairOf(ports, runId);
    if (!(await isAborted(pair, key, id))) continue;
    await ports.work.remove(name);
    aborted += 1;
  }
  return aborted;
}

async function isAborted(pair: BucketPair, key: string, id: string): Promise<boolean> {
  try {
    await pair.abortUpload(key, id);
    return true;
  } catch (error) {
    if (error instanceof StorageError && error.kind === 'refused') return false;
    throw error;
  }
}

async function pairOf(ports: Pick<Ports, 'work' | 'pair'>, runId: string): Promise<BucketPair> {
  const { buckets } = await readRun(ports, runId);
  return ports.pair(buckets.source, buckets.destination);
}
