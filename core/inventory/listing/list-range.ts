import { randomBytes } from 'node:crypto';
import { listedRange, type ListedRange, type ListingRange } from '../../../contracts/listing.js';
import type { Run } from '../../../contracts/run.js';
import { Pace } from '../../copy/pace.js';
import type { Deadline, Ports } from '../../ports.js';
import { readJson, readRun } from '../../run-files.js';
import { requestsPerWorker } from '../../workers.js';
import { DataFile } from './data-file.js';
import { listingFiles } from './listing-files.js';
import { listingOf } from './listing-of.js';
import { asOfLister, currentLister, type Lister } from './listers.js';
import { listSpan } from './list-span.js';

/** What this state reaches. */
type ListPorts = Pick<Ports, 'work' | 'pair' | 'clock' | 'random' | 'retryDelayMs'>;

export interface ListRangeAnswer {
  range: number;
  rows: number;
}

/** Time kept for the pages that are asked for, the split and the files: as CopyChunk's. */
const LONGEST_MARGIN_MS = 120_000;

/**
 * State ListRange: lists a range of the source into a data file, up to so many pages and well before its deadline, and
 * splits what is left. Its answer is on file, written last: who finds one there answers it, so that a call that is tried
 * again, or comes in a later run, does nothing twice.
 */
export async function listRange(
  ports: ListPorts,
  input: { runId: string; round: number; range: ListingRange },
  deadline: Deadline,
): Promise<ListRangeAnswer> {
  const margin = Math.min(LONGEST_MARGIN_MS, deadline() / 4);
  const run = await readRun(ports, input.runId);
  const { folder } = listingOf(run);
  const answerKey = listingFiles(folder).listed(input.round, input.range.range);
  const { range, rows } = await onFile(ports, answerKey, () => list(ports, run, input, () => deadline() < margin));
  return { range, rows };
}

/** Of two calls that list the same range the first answer counts, for the other one too. */
async function onFile(ports: ListPorts, key: string, make: () => Promise<ListedRange>): Promise<ListedRange> {
  const known = await ports.work.read(key);
  if (known) return listedRange.parse(JSON.parse(known.body.toString('utf8')));
  const made = await make();
  if (await ports.work.writeIf(key, `${JSON.stringify(made)}\n`, undefined)) return made;
  return readJson(ports.work, key, listedRange);
}

async function list(
  ports: ListPorts,
  run: Run,
  { round, range }: { round: number; range: ListingRange },
  isLate: () => boolean,
): Promise<ListedRange> {
  const { folder, columns } = listingOf(run);
  const { bucket } = run.request.source;
  const key = listingFiles(folder).data(bucket, round, range.range, randomBytes(4).toString('hex'));
  const file = new DataFile(ports.work, key, bucket, columns);
  try {
    const rest = await listSpan(sourceLister(ports, run, isLate), range, (objects) => file.write(objects));
    const written = await file.close();
    return { range: range.range, rows: file.rows, ...(written ? { file: written } : {}), rest };
  } finally {
    await file.abort();
  }
}

function sourceLister(ports: ListPorts, run: Run, isLate: () => boolean): Lister {
  const { request, buckets } = run;
  const { asOf } = listingOf(run);
  const pair = ports.pair(buckets.source, buckets.destination);
  const pace = new Pace(ports, { perSecond: requestsPerWorker(request), isLate });
  const prefix = request.source.prefix ?? '';
  if (asOf === undefined)
    return currentLister(
      (after, limit) => pace.patiently(() => pair.listSource(prefix, after, limit), 'source'),
      isLate,
    );
  return asOfLister(
    (after, limit) => pace.patiently(() => pair.listSourceVersions(prefix, after, limit), 'source'),
    asOf,
    isLate,
  );
}
