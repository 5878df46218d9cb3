import { inventoryFile } from '../../contracts/manifest.js';
import { indexed, type Plan } from '../../contracts/tally.js';
import type { ResultWriterDetails } from '../../contracts/states.js';
import { BackfillError, type BackfillErrorName } from '../errors.js';
import { readLines } from '../lines.js';
import type { Ports, Scratch } from '../ports.js';
import { expectNoFailedChild, readAnswers } from '../results.js';
import { readRun, runFiles, writeJson } from '../run-files.js';
import { addOutOfScope, noneOutOfScope, rowsOutOfScope } from './census.js';
import { mergePays, surveyChunks } from './interleaving.js';
import { planMerge, readChunks } from './plan-merge.js';
import { mostChunks } from './ranges.js';
import { sortChunks, writeSpread } from './spread.js';

/** What this state reaches. */
type PlanPorts = Pick<Ports, 'work' | 'scratch'>;

/** What PlanPass answers. */
export interface PlanPassAnswer extends Plan {
  /** Ranges to merge first; 0 where the files do not interleave and the pass can begin. */
  merge: number;
}

/**
 * State PlanPass: raises what an IndexFile found, adds up the counts, and writes the first pass's chunks.jsonl; or, where
 * the files interleave so much that it pays, the ranges by which they are merged first.
 * Throws the name of the first file's refusal, or RunFileMissing where a child failed as a whole.
 */
export async function planPass(
  ports: PlanPorts,
  input: { runId: string; indexed: ResultWriterDetails },
): Promise<PlanPassAnswer> {
  await expectNoFailedChild(ports.work, input.indexed, {
    map: 'IndexFiles',
    lost: 'An inventory file was not indexed',
  });

  const plan: Plan = {
    manifestRows: 0,
    outOfScope: noneOutOfScope(),
    expected: 0,
    bytes: 0,
    chunks: 0,
  };
  const files: number[] = [];
  for await (const answer of readAnswers(ports.work, input.indexed, indexed)) {
    if (answer.kind === 'refused') throw new BackfillError(answer.error as BackfillErrorName, answer.message);
    files.push(answer.file);
    plan.manifestRows += answer.rows;
    addOutOfScope(plan.outOfScope, answer.outOfScope);
    plan.expected += answer.expected;
    plan.bytes += answer.bytes;
    plan.chunks += answer.chunks;
  }
  const paths = runFiles(input.runId);
  await expectAll(ports, paths.files, files.length);
  if (plan.manifestRows !== rowsOutOfScope(plan.outOfScope) + plan.expected)
    throw new BackfillError(
      'IdentityBroken',
      `Expected manifestRows = outOfScope + expected, found ${JSON.stringify(plan)}. This is a defect of s3-backfill: report it with this message.`,
    );

  const scratch = ports.scratch();
  try {
    const merge = await writeChunks(ports, input.runId, files, scratch);
    // Merging may find duplicates: then GatherRanges has the last word.
    await writeJson(ports.work, merge > 0 ? paths.planToMerge : paths.plan, plan);
    return { ...plan, merge };
  } finally {
    await scratch.clear();
  }
}

/** Writes the first pass, or what has to be merged for it; answers how many ranges. */
async function writeChunks(
  { work }: PlanPorts,
  runId: string,
  files: readonly number[],
  scratch: Scratch,
): Promise<number> {
  const paths = runFiles(runId);
  const keys = files.toSorted((a, b) => a - b).map((file) => paths.indexChunks(file));
  const survey = await surveyChunks(sortChunks(readChunks(work, keys), scratch));
  // Versions of a key are worked on together, wherever the inventory has put them; of duplicates one is left.
  const { request, manifest } = await readRun({ work }, runId);
  if (mergePays(survey, { keysMustMeet: request.versions === 'all' || manifest.kind === 'csv' }))
    return planMerge(work, runId, sortChunks(readChunks(work, keys), scratch), mostChunks(files.length));
  await writeSpread(work, paths.chunks(1), readChunks(work, keys), scratch);
  return 0;
}

/** A child that neither answered nor failed would take its rows out of the books without a word. */
async function expectAll(ports: PlanPorts, filesKey: string, answers: number): Promise<void> {
  let files = 0;
  for await (const _ of readLines(ports.work, filesKey, inventoryFile)) files += 1;
  if (answers !== files)
    throw new BackfillError(
      'RunFileMissing',
      `PlanPass expected ${files} inventory files to be indexed, found ${answers} answers. Look at the Map Run IndexFiles, then start again.`,
    );
}
