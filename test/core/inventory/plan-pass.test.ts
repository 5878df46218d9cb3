import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Indexed } from '../../../contracts/tally.js';
import { planPass } from '../../../core/inventory/plan-pass.js';
import type { Ports } from '../../../core/ports.js';
import { runFiles } from '../../../core/run-files.js';
import { writeResults } from '../support/results.js';
import { runOf, writeRun } from '../support/rows.js';
import { WORK, linesOf, useStorage, watchWriters } from '../support/storage.js';

const storage = useStorage();

describe('A pass is planned', () => {
  it('with exact sums over all files, and every chunk once', async () => {
    const files = [
      [chunkOf('0-0', 'a'), chunkOf('0-1', 'c')],
      [chunkOf('1-0', 'b'), chunkOf('1-1', 'd')],
    ];
    expect(await plan('sums', files)).toEqual({
      manifestRows: 2 * (20 + 6),
      outOfScope: { deleteMarkers: 2, noncurrent: 4, filtered: 6, duplicates: 0 },
      expected: 40,
      bytes: 400,
      chunks: 4,
      merge: 0,
    });
    const lines = await linesOf<Chunk>(storage(), runFiles('sums').chunks(1));
    expect(lines.map(({ id }) => id).sort()).toEqual(['0-0', '0-1', '1-0', '1-1']);
    expect(lines).toContainEqual(chunkOf('1-0', 'b'));
  });

  it('so that neighbours in time are far apart in key space', async () => {
    const keys = Array.from({ length: 16 }, (_, index) => String.fromCharCode(97 + index));
    await plan('apart', [keys.map((key, index) => chunkOf(`0-${index}`, key))]);
    const order = (await linesOf<Chunk>(storage(), runFiles('apart').chunks(1))).map(({ first }) => first).join('');
    expect(order).toBe('aiemckgobjfndlhp');
  });

  it('also where nothing is in scope: no chunk, and a file that says so', async () => {
    expect(await plan('empty', [[]])).toMatchObject({ expected: 0, chunks: 0 });
    expect(await linesOf(storage(), runFiles('empty').chunks(1))).toEqual([]);
  });

  it('to the same when it is done again', async () => {
    const files = [['a', 'b', 'c'].map((key, index) => chunkOf(`0-${index}`, key))];
    await plan('twice', files);
    const once = await linesOf(storage(), runFiles('twice').chunks(1));
    await plan('twice', files);
    expect(await linesOf(storage(), runFiles('twice').chunks(1))).toEqual(once);
  });
});

describe('A pass whose files interleave so much that it pays', () => {
  const spanning = Array.from({ length: 12 }, (_, file) => [
    chunkOf(`${file}-0`, 'a', { last: 'y', rows: 10_000 }),
    chunkOf(`${file}-1`, `z${String(file).padStart(3, '0')}`, { rows: 10_000 }),
  ]);

  it('begins with merging: the ranges, what each is made of, and what stays as it is', async () => {
    expect(await plan('merge', spanning)).toMatchObject({ chunks: 24, merge: 1 });
    const paths = runFiles('merge');
    expect(await linesOf(storage(), paths.ranges)).toEqual([{ range: 0, from: 'a' }]);
    expect(await linesOf(storage(), paths.pieces(0))).toEqual(spanning.map(([first]) => first));
    expect(await linesOf(storage(), paths.kept)).toEqual(spanning.map(([, second]) => second));
    expect(storage().s3.getObject(WORK, paths.chunks(1))).toBeUndefined();
  });

  it('begins with merging also where two files share a key whose versions must meet, and only then', async () => {
    const border = [[chunkOf('0-0', 'a', { last: 'k' })], [chunkOf('1-0', 'k', { last: 'z' })]];
    expect(await plan('shared', border, { request: { versions: 'all' } })).toMatchObject({ merge: 1 });
    expect(await plan('not-shared', border)).toMatchObject({ merge: 0 });
  });

  it('has ranges of about as many chunks as there are files, in lines that stay small', async () => {
    const files = Array.from({ length: 3 }, (_, file) =>
      Array.from({ length: 100 }, (_, index) => {
        const key = (at: number) => String(at).padStart(5, '0');
        const at = 30 * index + 10 * file;
        return chunkOf(`${file}-${index}`, key(at), { last: key(at + 29), rows: 10_000 });
      }),
    );
    expect(await plan('ranges', files)).toMatchObject({ merge: 3 });
    expect(await linesOf(storage(), runFiles('ranges').ranges)).toEqual([
      { range: 0, from: '00000', to: '01000' },
      { range: 1, from: '01000', to: '02000' },
      { range: 2, from: '02000' },
    ]);
    for (const range of [0, 1, 2]) {
      const pieces = await linesOf<Chunk>(storage(), runFiles('ranges').pieces(range));
      expect(pieces.length).toBeLessThanOrEqual(102);
    }
  });
});

describe('A pass is not planned', () => {
  it('where a file was refused: its refusal is raised by its own name', async () => {
    const refused: Indexed = { kind: 'refused', file: 1, error: 'ManifestCorrupt', message: 'which file, which row' };
    await expect(plan('refused', [[chunkOf('0-0', 'a')]], { answers: [refused] })).rejects.toMatchObject({
      name: 'ManifestCorrupt',
      message: 'which file, which row',
    });
  });

  it('where a child of IndexFiles failed as a whole: its words are told', async () => {
    const child = { Name: 'child', Status: 'FAILED', Error: 'Sandbox.Timedout', Cause: 'timed out after 900 s' };
    const planning = plan('failed', [[chunkOf('0-0', 'a')]], { failed: [child] });
    await expect(planning).rejects.toMatchObject({ name: 'RunFileMissing' });
    await expect(planning).rejects.toThrow('Sandbox.Timedout: timed out after 900 s');
  });

  it('where a child was stopped', async () => {
    const planning = plan('stopped', [[]], { failed: [{ Name: 'child', Status: 'ABORTED' }] });
    await expect(planning).rejects.toThrow('aborted: the child was stopped');
  });

  it('where a file was not answered for at all: its rows would be missing without a word', async () => {
    const planning = plan('unanswered', [[chunkOf('0-0', 'a')]], { filesOfManifest: 2 });
    await expect(planning).rejects.toMatchObject({ name: 'RunFileMissing' });
    await expect(planning).rejects.toThrow('expected 2 inventory files to be indexed, found 1');
  });

  it('halfway: a chunk line that is none leaves no file half written', async () => {
    const { ports, open } = watchWriters(storage().ports);
    const wrong = { ...chunkOf('0-1', 'b'), segments: [] };
    await expect(plan('halfway', [[chunkOf('0-0', 'a'), wrong]], { ports })).rejects.toThrow(/segments/);
    expect([...open]).toEqual([]);
    expect(storage().s3.getObject(WORK, runFiles('halfway').chunks(1))).toBeUndefined();
  });

  it('where the counts of a file do not add up', async () => {
    const answer = { ...indexedOf(1, []), rows: 7 };
    await expect(plan('identity', [[]], { answers: [answer] })).rejects.toMatchObject({ name: 'IdentityBroken' });
  });
});

interface Circumstances {
  /** Answers beside those of the files. */
  answers?: Indexed[];
  failed?: object[];
  filesOfManifest?: number;
  ports?: Ports;
  request?: Partial<RunRequestInput>;
}

async function plan(runId: string, files: Chunk[][], circumstances: Circumstances = {}) {
  const { answers = [], failed = [], filesOfManifest = files.length + answers.length } = circumstances;
  const { ports = storage().ports, request } = circumstances;
  const paths = runFiles(runId);
  await writeRun(storage(), runOf(runId, request));
  for (const [file, chunks] of files.entries())
    await ports.work.write(
      paths.indexChunks(file),
      Buffer.from(chunks.map((chunk) => `${JSON.stringify(chunk)}\n`).join('')),
    );
  if (answers.length > 0) await ports.work.write(paths.indexChunks(1), Buffer.of());
  const named = Array.from({ length: filesOfManifest }, (_, file) => `${JSON.stringify({ file, key: `${file}` })}\n`);
  await ports.work.write(paths.files, named.join(''));
  const all = [...files.map((chunks, file) => indexedOf(file, chunks)), ...answers];
  return planPass(ports, { runId, indexed: await writeResults(storage(), `${paths.root}pass-1/index`, all, failed) });
}

function indexedOf(file: number, chunks: Chunk[]): Extract<Indexed, { kind: 'indexed' }> {
  const outOfScope =
    chunks.length === 0
      ? { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 }
      : { deleteMarkers: 1, noncurrent: 2, filtered: 3, duplicates: 0 };
  const expected = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  const out = outOfScope.deleteMarkers + outOfScope.noncurrent + outOfScope.filtered;
  return {
    kind: 'indexed',
    file,
    rows: expected + out,
    outOfScope,
    expected,
    bytes: 10 * expected,
    chunks: chunks.length,
  };
}

function chunkOf(id: string, first: string, more: Partial<Chunk> = {}): Chunk {
  const segments = [{ key: 'index/0.csv.gz', offset: 0, length: 10 }];
  return { id, rows: 10, bytes: 100, after: '', first, last: `${first}z`, segments, ...more };
}
