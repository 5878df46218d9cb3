import { chunk, type Chunk } from '../../contracts/chunk.js';
import { inventoryFile } from '../../contracts/manifest.js';
import { indexed, type Plan } from '../../contracts/tally.js';
import type { ResultWriterDetails } from '../../contracts/states.js';
import { BackfillError, type BackfillErrorName } from '../errors.js';
import { externalSort } from '../external-sort.js';
import { compareKeys } from '../keys.js';
import { LineWriter, readLines } from '../lines.js';
import type { Ports, Scratch } from '../ports.js';
import { readAnswers, readFailedChildren } from '../results.js';
import { runFiles, writeJson } from '../run-files.js';

/** What this state reaches. */
type PlanPorts = Pick<Ports, 'work' | 'scratch'>;

/** About 100,000 chunk lines at once, which is a billion rows. */
const SORT_MEMORY_BYTES = 96 * 1024 * 1024;

/**
 * State PlanPass: raises what an IndexFile found, adds up the counts, and writes the first pass's chunks.jsonl.
 * Throws the name of the first file's refusal, or RunFileMissing where a child failed as a whole.
 */
export async function planPass(
  ports: PlanPorts,
  input: { runId: string; indexed: ResultWriterDetails },
): Promise<Plan> {
  for await (const child of readFailedChildren(ports.work, input.indexed))
    throw new BackfillError(
      'RunFileMissing',
      `An inventory file was not indexed: ${child.Error ?? 'aborted'}: ${child.Cause ?? 'the child was stopped'}. Look at the failed child of the Map Run IndexFiles, then start again.`,
    );

  const plan: Plan = {
    manifestRows: 0,
    outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0 },
    expected: 0,
    bytes: 0,
    chunks: 0,
  };
  const files: number[] = [];
  for await (const answer of readAnswers(ports.work, input.indexed, indexed)) {
    if (answer.kind === 'refused') throw new BackfillError(answer.error as BackfillErrorName, answer.message);
    files.push(answer.file);
    plan.manifestRows += answer.rows;
    for (const reason of ['deleteMarkers', 'noncurrent', 'filtered'] as const)
      plan.outOfScope[reason] += answer.outOfScope[reason];
    plan.expected += answer.expected;
    plan.bytes += answer.bytes;
    plan.chunks += answer.chunks;
  }
  const paths = runFiles(input.runId);
  await expectAll(ports, paths.files, files.length);
  const { deleteMarkers, noncurrent, filtered } = plan.outOfScope;
  if (plan.manifestRows !== deleteMarkers + noncurrent + filtered + plan.expected)
    throw new BackfillError(
      'IdentityBroken',
      `Expected manifestRows = outOfScope + expected, found ${JSON.stringify(plan)}. This is a defect of s3-backfill: report it with this message.`,
    );

  const scratch = ports.scratch();
  const lines = new LineWriter(ports.work.writer(paths.chunks(1)));
  try {
    const chunks = readAll(
      ports,
      files.toSorted((a, b) => a - b).map((file) => paths.indexChunks(file)),
    );
    for await (const { chunk } of spread(chunks, scratch)) await lines.write(chunk);
    await lines.close();
  } finally {
    await lines.abort();
    await scratch.clear();
  }
  await writeJson(ports.work, paths.plan, plan);
  return plan;
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

async function* readAll(ports: PlanPorts, keys: readonly string[]): AsyncGenerator<Chunk> {
  for (const key of keys) yield* readLines(ports.work, key, chunk);
}

interface Ranked {
  chunk: Chunk;
  rank: number;
}

/**
 * Orders chunks so that neighbours in time are far apart in key space: S3's request rate is per prefix, and workers
 * that start together would else wait for the same one. Position in key order, its bits reversed, is the rank.
 */
async function* spread(chunks: AsyncIterable<Chunk>, scratch: Scratch): AsyncGenerator<Ranked> {
  const options = {
    encode: JSON.stringify,
    decode: (line: string) => JSON.parse(line),
    weigh: weighChunk,
    memory: SORT_MEMORY_BYTES,
    scratch,
  };
  const byKey = externalSort<Chunk>(chunks, { ...options, compare: (a, b) => compareKeys(a.first, b.first) });
  yield* externalSort<Ranked>(ranked(byKey), {
    ...options,
    weigh: (item) => weighChunk(item.chunk),
    compare: (a, b) => a.rank - b.rank,
  });
}

async function* ranked(chunks: AsyncIterable<Chunk>): AsyncGenerator<Ranked> {
  let position = 0;
  for await (const each of chunks) yield { chunk: each, rank: reverseBits(position++) };
}

/** 0, 1, 2, 3, … become fractions that halve the gaps: 0, 1/2, 1/4, 3/4, … */
function reverseBits(position: number): number {
  let fraction = 0;
  for (let rest = position, unit = 0.5; rest > 0; rest = Math.floor(rest / 2), unit /= 2)
    if (rest % 2 === 1) fraction += unit;
  return fraction;
}

function weighChunk(each: Chunk): number {
  return 600 + 2 * (each.after.length + each.first.length + each.last.length) + 150 * each.segments.length;
}
