import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Counts, OwedChunk, OwedPiece, Tally, Verified } from '../../../contracts/tally.js';
import type { Ports } from '../../../core/ports.js';
import { runFiles, writeJson } from '../../../core/run-files.js';
import { noCounts } from '../../../core/verify/counts.js';
import { tallyPass } from '../../../core/verify/tally-pass.js';
import { writeResults } from '../support/results.js';
import { runOf, writeRun } from '../support/rows.js';
import { linesOf, useStorage, watchWriters } from '../support/storage.js';

const storage = useStorage();

describe('A pass is tallied', () => {
  it('done, where nothing is owed any more', async () => {
    const { answer, chunks } = await tally('done', [chunkOf('0-0', 'a'), chunkOf('0-1', 'b')], {
      '0-0': { copied: 10, bytesCopied: 100 },
      '0-1': { identical: 10, drift: 1 },
    });
    expect(answer).toMatchObject({
      decision: 'done',
      waitSeconds: 0,
      totals: { copied: 10, identical: 10, bytesCopied: 100, drift: 1, owed: 0 },
    });
    expect(await chunks()).toEqual([]);
  });

  it('again, where rows are owed and fewer than before: they are the next pass', async () => {
    const { answer, chunks, onFile } = await tally('again', [chunkOf('0-0', 'a'), chunkOf('0-1', 'b')], {
      '0-0': { copied: 8, owed: 2, causes: { SlowDown: 2 } },
      '0-1': { copied: 7, owed: 3, causes: { AccessDenied: 3 } },
    });
    expect(answer).toMatchObject({ decision: 'again', waitSeconds: 3, totals: { copied: 15, owed: 5 } });
    expect(answer.totals.causes).toEqual({ SlowDown: 2, AccessDenied: 3 });
    expect(await chunks()).toMatchObject([{ id: 'p2-0', rows: 5, first: 'a0', last: 'b1', segments: [{}, {}] }]);
    expect(await onFile()).toMatchObject({ pass: 1, decision: 'again', unanswered: 0 });
  });

  it('given up, where no row was settled', async () => {
    const { answer } = await tally('stuck', [chunkOf('0-0', 'a')], {
      '0-0': { owed: 10, causes: { AccessDenied: 10 } },
    });
    expect(answer).toMatchObject({ decision: 'giveUp', why: expect.stringContaining('No progress'), waitSeconds: 0 });
  });

  it('given up, where a worker said stop', async () => {
    await storage().ports.failures.stop('stopped', 'AccessDenied');
    const { answer } = await tally('stopped', [chunkOf('0-0', 'a')], { '0-0': { copied: 5, owed: 5 } });
    expect(answer).toMatchObject({ decision: 'giveUp', why: expect.stringContaining('AccessDenied') });
  });

  it('given up, where the passes are spent', async () => {
    const { answer } = await tally(
      'spent',
      [chunkOf('0-0', 'a')],
      { '0-0': { copied: 5, owed: 5 } },
      { request: { maxPasses: 1 } },
    );
    expect(answer).toMatchObject({ decision: 'giveUp', why: expect.stringContaining('are spent: 1') });
  });

  it('done, after a dry run, whatever would be copied', async () => {
    const { answer } = await tally(
      'dry',
      [chunkOf('0-0', 'a')],
      { '0-0': { wouldCopy: 10, wouldCopyBytes: 50 } },
      { request: { dryRun: true } },
    );
    expect(answer).toMatchObject({ decision: 'done', totals: { wouldCopy: 10, wouldCopyBytes: 50 } });
  });

  it('with the passes before it: what is settled adds up, what is owed is this pass’s', async () => {
    const runId = 'second';
    await tally(runId, [chunkOf('0-0', 'a')], {
      '0-0': { copied: 6, owed: 4, causes: { SlowDown: 4 }, evidence: evidenceOf(6) },
    });
    const { answer } = await tally(
      runId,
      [chunkOf('p2-0', 'a', 4)],
      { 'p2-0': { copied: 3, owed: 1, causes: { AccessDenied: 1 }, evidence: evidenceOf(3) } },
      { pass: 2, expected: 10 },
    );
    expect(answer).toMatchObject({
      decision: 'again',
      totals: { copied: 9, owed: 1, causes: { AccessDenied: 1 }, evidence: { copied: 9 } },
    });
    expect(answer.totals.causes).toEqual({ AccessDenied: 1 });
  });

  it('to the same, when it is tallied again', async () => {
    const chunks = [chunkOf('0-0', 'a')];
    const counts = { '0-0': { copied: 8, owed: 2 } };
    const first = await tally('twice', chunks, counts);
    const second = await tally('twice', chunks, counts);
    expect(second.answer).toEqual(first.answer);
    expect(await second.chunks()).toEqual(await first.chunks());
  });
});

describe('A chunk without an answer', () => {
  it('is owed whole, and goes on as it is', async () => {
    const { answer, chunks, unanswered, owed, onFile } = await tally(
      'silent',
      [chunkOf('0-0', 'a'), chunkOf('0-1', 'b')],
      {
        '0-0': { copied: 10 },
      },
    );
    expect(answer).toMatchObject({ decision: 'again', totals: { copied: 10, owed: 10, causes: { NotVerified: 10 } } });
    expect(await chunks()).toEqual([chunkOf('0-1', 'b')]);
    expect(await unanswered()).toEqual([chunkOf('0-1', 'b')]);
    const { rows, first, segments } = chunkOf('0-1', 'b');
    expect(await owed()).toEqual([{ rows, first, segments, causes: { NotVerified: 10 } }]);
    expect(await onFile()).toMatchObject({ unanswered: 1 });
  });
});

describe('A chunk that its worker failed over', () => {
  it('goes on in the pieces into which it was split, each by itself', async () => {
    const owed = [0, 1, 2].map((index) => pieceOf('0-0', `a${index}`, 2));
    const { chunks, owed: onFile } = await tally('split', [chunkOf('0-0', 'a', 6), chunkOf('0-1', 'b', 4)], {
      '0-0': { owed: 6, causes: { NotAttempted: 6 }, pieces: owed },
      '0-1': { copied: 2, owed: 2, causes: { SlowDown: 2 } },
    });
    expect((await chunks()).map(({ rows, segments }) => [rows, segments.length])).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
    expect(await onFile()).toEqual([
      {
        rows: 6,
        first: 'a0',
        segments: owed.map(({ segment }) => segment),
        causes: { NotAttempted: 6 },
        report: 'owed/0-0.report.csv.gz',
      },
      expect.objectContaining({ rows: 2, first: 'b0', causes: { SlowDown: 2 } }),
    ]);
  });

  it('goes on by itself down to its last row, so that one bad row holds no other back', async () => {
    const { chunks } = await tally('poison', [chunkOf('p2-0', 'a', 1), chunkOf('p2-1', 'b', 2)], {
      'p2-0': { owed: 1, causes: { NotAttempted: 1 } },
      'p2-1': { copied: 1, owed: 1, causes: { SlowDown: 1 } },
    });
    expect((await chunks()).map(({ segments }) => segments.length)).toEqual([1, 1]);
  });
});

describe('Books that do not balance end the run as IdentityBroken', () => {
  it.each<[string, Record<string, Partial<Counts>>]>([
    ['a row was lost', { '0-0': { copied: 9 } }],
    ['a row was counted twice', { '0-0': { copied: 10, owed: 1 } }],
  ])('%s', async (name, counts) => {
    await expect(tally(`broken ${name}`, [chunkOf('0-0', 'a')], counts)).rejects.toMatchObject({
      name: 'IdentityBroken',
    });
  });

  it('and leave no file half written', async () => {
    const answers = [answerOf(chunkOf('0-0', 'a'), { copied: 5 }), answerOf(chunkOf('0-0', 'a'), { copied: 5 })];
    const { ports, open } = watchWriters(storage().ports);
    const tallying = tally('broken halfway', [chunkOf('0-0', 'a')], {}, { answers, ports });
    await expect(tallying).rejects.toMatchObject({ name: 'IdentityBroken' });
    expect([...open]).toEqual([]);
  });

  it('a chunk was answered for twice', async () => {
    const answers = [answerOf(chunkOf('0-0', 'a'), { copied: 5 }), answerOf(chunkOf('0-0', 'a'), { copied: 5 })];
    const tallying = tally('broken twice', [chunkOf('0-0', 'a')], {}, { answers });
    await expect(tallying).rejects.toMatchObject({ name: 'IdentityBroken' });
    await expect(tallying).rejects.toThrow('Chunk 0-0 was answered twice in pass 1');
  });

  it('a chunk was answered for that the pass has not', async () => {
    const tallying = tally(
      'broken stranger',
      [chunkOf('0-0', 'a')],
      {},
      { answers: [answerOf(chunkOf('0-9', 'a'), { copied: 10 })] },
    );
    await expect(tallying).rejects.toMatchObject({ name: 'IdentityBroken' });
  });
});

type Counted = Partial<Counts> & { pieces?: OwedPiece[] };

interface Circumstances {
  pass?: number;
  expected?: number;
  request?: Partial<RunRequestInput>;
  answers?: Verified[];
  ports?: Ports;
}

async function tally(
  runId: string,
  chunks: Chunk[],
  counts: Record<string, Counted>,
  {
    pass = 1,
    expected = chunks.reduce((sum, { rows }) => sum + rows, 0),
    request = {},
    answers,
    ports = storage().ports,
  }: Circumstances = {},
) {
  const paths = runFiles(runId);
  await writeRun(storage(), runOf(runId, request));
  const outOfScope = { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 };
  await writeJson(ports.work, paths.plan, {
    manifestRows: expected,
    outOfScope,
    expected,
    bytes: 0,
    chunks: chunks.length,
  });
  await ports.work.write(paths.chunks(pass), Buffer.from(chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('')));
  const all = answers ?? chunks.flatMap((chunk) => (counts[chunk.id] ? [answerOf(chunk, counts[chunk.id])] : []));
  const verified = await writeResults(storage(), `${paths.root}pass-${pass}/verify`, all);
  return {
    answer: await tallyPass(ports, { runId, pass, verified }, 100),
    chunks: () => linesOf<Chunk>(storage(), paths.chunks(pass + 1)),
    unanswered: () => linesOf<Chunk>(storage(), paths.unanswered(pass)),
    owed: () => linesOf<OwedChunk>(storage(), paths.owedChunks(pass)),
    onFile: async () => JSON.parse((await ports.work.read(paths.tally(pass)))?.body.toString() ?? '') as Tally,
  };
}

function answerOf(chunk: Chunk, { pieces, ...counts }: Counted = {}): Verified {
  const owed = counts.owed ?? 0;
  const owedPieces = pieces ?? (owed > 0 ? [pieceOf(chunk.id, `${chunk.first}0`, owed)] : []);
  return {
    chunk: chunk.id,
    counts: { ...noCounts(), ...counts },
    owed: owedPieces,
    report: [],
    owedReport:
      owed > 0 ? [{ key: `owed/${chunk.id}.report.csv.gz`, md5: '', status: 'failed' as const, rows: owed }] : [],
    proofs: [],
  };
}

function pieceOf(chunk: string, first: string, rows: number): OwedPiece {
  const segment = { key: `owed/${chunk}.csv.gz`, offset: 0, length: 10 };
  return { segment, rows, bytes: 0, first, last: `${first.slice(0, 1)}1` > first ? `${first.slice(0, 1)}1` : first };
}

function evidenceOf(copied: number) {
  return { etag: 0, checksum: 0, copied, sizeAndTime: 0 };
}

function chunkOf(id: string, first: string, rows = 10): Chunk {
  const segments = [{ key: `index/${id}.csv.gz`, offset: 0, length: 10 }];
  return { id, rows, bytes: 100, after: '', first, last: `${first}z`, segments };
}
