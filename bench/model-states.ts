import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Chunk } from '../contracts/chunk.js';
import type { Verified } from '../contracts/tally.js';
import { planPass } from '../core/inventory/plan-pass.js';
import { LineWriter } from '../core/lines.js';
import type { FileStore, Ports } from '../core/ports.js';
import { reportRun } from '../core/report/report-run.js';
import { runFiles } from '../core/run-files.js';
import { noCounts } from '../core/verify/counts.js';
import { tallyPass } from '../core/verify/tally-pass.js';
import { benchRun } from './support/bench-run.js';
import { countedScratch } from './support/counted-scratch.js';
import { folderStore } from './support/folder-store.js';
import { noFailures } from './support/memory-files.js';

/**
 * The states that see every chunk of a run, as they are, on so many chunks: seconds of CPU, the most that the process held,
 * and bytes of /tmp. Their files lie in a folder. A pass in which nothing is owed, and one in which each chunk owes a piece.
 * Run: npx tsx bench/model-states.ts [chunks] [chunks in a file]
 */
const RUN = 'bench';
const ROWS = 10_000;
/** As PlanPass and TallyPass have on AWS, less what Node itself takes. */
const HEAP_MB = 850;

const [mode = '100000', ...rest] = process.argv.slice(2);
if (Number.isNaN(Number(mode))) await child(mode, ...(rest as [string, string, string]));
else await all(Number(mode), Number(rest[0] ?? 100));

async function all(chunks: number, perFile: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 's3-backfill-bench-'));
  try {
    for (const state of ['prepare', 'PlanPass', 'TallyPass', 'ReportRun', 'prepare-owed', 'TallyPass']) {
      const run = fork(new URL(import.meta.url), [state, folder, String(chunks), String(perFile)], {
        execArgv: [...process.execArgv, `--max-old-space-size=${state.startsWith('prepare') ? 4096 : HEAP_MB}`],
      });
      const [code] = (await once(run, 'exit')) as [number | null];
      if (code !== 0) console.log(`${state}: ended with ${code}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function child(state: string, folder: string, chunkCount: string, perFile: string): Promise<void> {
  const chunks = Number(chunkCount);
  const work = folderStore(folder);
  if (state === 'prepare') return prepare(work, chunks, Number(perFile));
  if (state === 'prepare-owed') return writeAnswers(work, chunks, Number(perFile), true);
  const { scratch, bytes } = countedScratch();
  const ports = {
    work,
    scratch,
    failures: noFailures,
    clock: { now: Date.now, sleep: async () => {} },
  } as Partial<Ports> as Ports;
  const began = performance.now();
  const before = process.cpuUsage();
  const told = JSON.stringify(await run(state, ports));
  const { user, system } = process.cpuUsage(before);
  const mib = (process.resourceUsage().maxRSS / 1024).toFixed(0);
  console.log(
    `${state}, ${chunks} chunks: ${((user + system) / 1e6).toFixed(1)} s of CPU, ${((performance.now() - began) / 1000).toFixed(1)} s, ${mib} MiB resident at most, ${(bytes() / 2 ** 20).toFixed(0)} MiB of scratch; ${told.slice(0, 120)}`,
  );
}

function run(state: string, ports: Ports): Promise<object> {
  const answers = (map: string) => ({ Bucket: 'bench-work', Key: `${runFiles(RUN).root}pass-1/${map}/manifest.json` });
  if (state === 'PlanPass') return planPass(ports, { runId: RUN, indexed: answers('index') });
  if (state === 'TallyPass') return tallyPass(ports, { runId: RUN, pass: 1, verified: answers('verify') }, ROWS);
  return reportRun(ports, { runId: RUN, pass: 1 });
}

/** What stands when IndexFiles has ended, and what VerifyChunks will have answered. */
async function prepare(work: FileStore, chunks: number, perFile: number): Promise<void> {
  const paths = runFiles(RUN);
  await work.write(paths.request, JSON.stringify(benchRun(RUN, { source: 'photos', destination: 'photos-replica' })));
  const files = Math.ceil(chunks / perFile);
  const lines = new LineWriter(work.writer(paths.files));
  await writeResults(work, `${paths.root}pass-1/index`, async (write) => {
    for (let file = 0; file < files; file++) {
      await lines.write({ file, key: `data/${file}.csv.gz` });
      const own = Math.min(perFile, chunks - file * perFile);
      const chunkLines = Array.from({ length: own }, (_, at) => JSON.stringify(chunkOf(file, at)));
      await work.write(paths.indexChunks(file), `${chunkLines.join('\n')}\n`);
      await write({
        kind: 'indexed',
        file,
        rows: own * ROWS,
        outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 },
        expected: own * ROWS,
        bytes: own * ROWS * 1_000_000,
        chunks: own,
      });
    }
  });
  await lines.close();
  await writeAnswers(work, chunks, perFile, false);
}

function writeAnswers(work: FileStore, chunks: number, perFile: number, owed: boolean): Promise<void> {
  return writeResults(work, `${runFiles(RUN).root}pass-1/verify`, async (write) => {
    for (let n = 0; n < chunks; n++) {
      // As the children end: in no order.
      const at = (n * 7_919) % chunks;
      await write(answerOf(chunkOf(Math.floor(at / perFile), at % perFile), owed));
    }
  });
}

function chunkOf(file: number, at: number): Chunk {
  const key = (row: number) =>
    `photos/2025/${String(file).padStart(6, '0')}/album-${String(at).padStart(4, '0')}/IMG_${String(row).padStart(6, '0')}.jpeg`;
  return {
    id: `${file}-${at}`,
    rows: ROWS,
    bytes: ROWS * 1_000_000,
    after: `${key(0).slice(0, -1)}f`,
    first: key(0),
    last: key(ROWS - 1),
    segments: [{ key: runFiles(RUN).index(file), offset: at * 400_000, length: 400_000 }],
  };
}

/** Every row copied; `owed`: but for one. */
function answerOf({ id, first, last }: Chunk, owed: boolean): Verified {
  const report = `${runFiles(RUN).root}report/${id}-1_0123abcd.csv.gz`;
  const settled = owed ? ROWS - 1 : ROWS;
  const counts = { ...noCounts(), copied: settled, bytesCopied: settled * 1_000_000 };
  counts.evidence.copied = settled;
  const segment = { key: `${runFiles(RUN).root}pass-1/owed/${id}_0123abcd.csv.gz`, offset: 0, length: 200 };
  return {
    chunk: id,
    counts: owed ? { ...counts, owed: 1, causes: { SlowDown: 1 } } : counts,
    owed: owed ? [{ segment, rows: 1, bytes: 1_000_000, first, last }] : [],
    report: [{ key: report, md5: '0123456789abcdef0123456789abcdef', status: 'succeeded', rows: settled }],
    owedReport: owed ? [{ key: segment.key, md5: '0123456789abcdef0123456789abcdef', status: 'failed', rows: 1 }] : [],
    proofs: [],
  };
}

/** What a Map Run's ResultWriter leaves. */
async function writeResults(
  work: FileStore,
  folder: string,
  fill: (write: (answer: object) => Promise<void>) => Promise<void>,
): Promise<void> {
  const Key = `${folder}/SUCCEEDED_0.jsonl`;
  const lines = new LineWriter(work.writer(Key));
  await fill((answer) => lines.write(answer));
  await lines.close();
  const ResultFiles = { SUCCEEDED: [{ Key, Size: 1 }], FAILED: [], PENDING: [] };
  await work.write(`${folder}/manifest.json`, JSON.stringify({ DestinationBucket: work.bucket, ResultFiles }));
}
