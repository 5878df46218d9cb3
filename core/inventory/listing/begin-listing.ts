import { begunListing, type BegunListing } from '../../../contracts/listing.js';
import type { AskingRun, Run } from '../../../contracts/run.js';
import type { Ports } from '../../ports.js';
import { isThere } from '../../run-files.js';
import { workersOf } from '../../workers.js';
import { checksumKey } from '../own-inventory.js';
import { begunListingKey, listingFiles, listingFolder } from './listing-files.js';
import { listingOf } from './listing-of.js';
import { planRound } from './plan-round.js';

/** What beginning a listing reaches. */
type BeginPorts = Pick<Ports, 'work'>;

/** A listing that goes on longer describes no day: what was listed first may be gone when the last is. */
const OLDEST_MS = 24 * 3_600_000;

/**
 * The listing that a run makes: a new one, or that which an earlier run of the pair began of the same source and did not
 * end, where it is not older than a day. One that came to its end is what it was, and no new one.
 */
export async function chooseListing(
  { work }: BeginPorts,
  run: AskingRun,
  place: Pick<BegunListing, 'bucket' | 'prefix' | 'asOf'>,
): Promise<BegunListing> {
  const begun = await readBegun(work, run.pair);
  const isSame = begun?.bucket === place.bucket && begun.prefix === place.prefix && begun.asOf === place.asOf;
  if (begun && isSame && run.startedAt - begun.createdAt <= OLDEST_MS && !(await hasEnded(work, begun))) return begun;
  return { folder: listingFolder(run.id, run.startedAt), ...place, createdAt: run.startedAt };
}

/** Writes the first round of a listing, or finds how far it has come. Answers the round to go on with. */
export async function beginListing({ work }: BeginPorts, run: Run): Promise<number> {
  const { folder, createdAt, asOf } = listingOf(run);
  const { bucket, prefix = '' } = run.request.source;
  const paths = listingFiles(folder);
  const ranges = planRound(1, [{ after: '' }], workersOf(run.request));
  const lines = ranges.map((range) => `${JSON.stringify(range)}\n`).join('');
  await work.writeIf(paths.ranges(1), lines, undefined);
  await work.write(
    begunListingKey(run.pair),
    JSON.stringify({ folder, bucket, prefix, asOf, createdAt } satisfies BegunListing),
  );
  let round = 1;
  while (await isThere(work, paths.ranges(round + 1))) round += 1;
  return round;
}

/** Undefined where the file is not what we write: then there is nothing to go on with. */
async function readBegun(work: BeginPorts['work'], pair: string): Promise<BegunListing | undefined> {
  const file = await work.read(begunListingKey(pair));
  if (!file) return undefined;
  try {
    return begunListing.parse(JSON.parse(file.body.toString('utf8')));
  } catch {
    return undefined;
  }
}

function hasEnded(work: BeginPorts['work'], { folder, bucket, createdAt }: BegunListing): Promise<boolean> {
  return isThere(work, checksumKey(listingFiles(folder).manifest(bucket, createdAt)));
}
