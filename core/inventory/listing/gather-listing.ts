import { listedRange, listingRange, type ListedRange } from '../../../contracts/listing.js';
import type { InventoryFile } from '../../../contracts/manifest.js';
import type { Run } from '../../../contracts/run.js';
import type { ResultWriterDetails } from '../../../contracts/states.js';
import { compareKeys } from '../../keys.js';
import { readLines, writeLines } from '../../lines.js';
import type { Ports } from '../../ports.js';
import { expectNoFailedChild } from '../../results.js';
import { readJson, readRun, runFiles } from '../../run-files.js';
import { workersOf } from '../../workers.js';
import { checksumKey, manifestOf } from '../own-inventory.js';
import { listingFiles } from './listing-files.js';
import { listingOf } from './listing-of.js';
import { planRound } from './plan-round.js';

/** What this state reaches. */
type GatherPorts = Pick<Ports, 'work'>;

export interface GatherListingAnswer {
  /** The round of what is left to be listed; 0 where nothing is. */
  round: number;
}

/** Answers on file that are read at once. */
const AT_ONCE = 32;

/**
 * State GatherListing: plans the next round of what the ranges of this one left over; where that is nothing, writes the
 * inventory's manifest and the run's `files.jsonl`. Throws RunFileMissing where a range was not listed.
 */
export async function gatherListing(
  ports: GatherPorts,
  input: { runId: string; round: number; listed: ResultWriterDetails },
): Promise<GatherListingAnswer> {
  await expectNoFailedChild(ports.work, input.listed, {
    map: 'ListRanges',
    lost: 'A range of the source was not listed; a run that is started again within a day goes on with what is on file',
  });
  const run = await readRun(ports, input.runId);
  const { folder } = listingOf(run);
  const answers = await readRound(ports, folder, input.round);
  const spans = answers.flatMap(({ rest }) => rest);
  if (spans.length > 0) {
    const round = input.round + 1;
    // The same whoever writes them: answers on file do not change.
    await writeLines(ports.work, listingFiles(folder).ranges(round), planRound(round, spans, workersOf(run.request)));
    return { round };
  }
  for (let round = 1; round < input.round; round++) answers.push(...(await readRound(ports, folder, round)));
  await writeInventory(ports, run, answers);
  return { round: 0 };
}

/** What became of each range of a round, in key order. */
async function readRound({ work }: GatherPorts, folder: string, round: number): Promise<ListedRange[]> {
  const paths = listingFiles(folder);
  const ranges: number[] = [];
  for await (const { range } of readLines(work, paths.ranges(round), listingRange)) ranges.push(range);
  const answers: ListedRange[] = [];
  for (let from = 0; from < ranges.length; from += AT_ONCE) {
    const some = ranges.slice(from, from + AT_ONCE);
    answers.push(...(await Promise.all(some.map((range) => readJson(work, paths.listed(round, range), listedRange)))));
  }
  return answers;
}

/** Files in key order, so that none spans another. The checksum comes last: it says that the listing is whole. */
async function writeInventory(ports: GatherPorts, run: Run, answers: readonly ListedRange[]): Promise<void> {
  const { bucket, key, createdAt, columns } = listingOf(run);
  const data = answers.flatMap(({ file }) => file ?? []).toSorted((a, b) => compareKeys(a.first, b.first));
  const lines = data.map(({ key, size, md5 }, file): InventoryFile => ({ file, key, size, md5 }));
  // The Map that reads files.jsonl takes no empty file.
  await writeLines(ports.work, runFiles(run.id).files, lines.length > 0 ? lines : [{ file: 0 }]);
  const { body, checksum } = manifestOf({
    sourceBucket: run.request.source.bucket,
    bucket,
    createdAt,
    columns,
    files: data.map(({ key, size, md5 }) => ({ key, size, MD5checksum: md5 })),
  });
  await ports.work.write(key, body);
  await ports.work.write(checksumKey(key), checksum);
}
