import { describe, expect, it } from '@jest/globals';
import type { OwedManifest, Run } from '../../../contracts/run.js';
import type { Row } from '../../../contracts/row.js';
import { chunkFailure, recordFailures } from '../../../core/copy/record-failures.js';
import { resolveRedriven } from '../../../core/report/resolve-redriven.js';
import { runFiles } from '../../../core/run-files.js';
import { rowOf, runOf, writeChunk } from '../support/rows.js';
import { useStorage } from '../support/storage.js';

const storage = useStorage();

describe('The failures of an earlier run', () => {
  it('are resolved where this run had their rows and owes them no more; all others stay open', async () => {
    await leave('first', { 2: rowsOf('a', 'b', 'c') });
    await record('first', 2, rowsOf('a', 'b', 'c'));
    await leave('second', { 1: rowsOf('a', 'b'), 2: rowsOf('b') });
    await resolveRedriven(storage().ports, redriveOf('second', 'first'), 1);
    expect(await standing('first')).toEqual({ a: 'second', b: 'open', c: 'open' });
    const again = await storage().failures('first');
    await resolveRedriven(storage().ports, redriveOf('second', 'first'), 1);
    expect(await storage().failures('first')).toEqual(again);
  });

  it('are told apart by version', async () => {
    const [v1, v2] = [rowOf('key', { versionId: 'v1' }), rowOf('key', { versionId: 'v2' })];
    await leave('versions', { 2: [v1, v2] });
    await record('versions', 2, [v1, v2]);
    await leave('some', { 1: [v1, v2], 2: [v2] });
    await resolveRedriven(storage().ports, redriveOf('some', 'versions'), 1);
    const items = await storage().failures('versions');
    expect(items.filter(({ status }) => status === 'open').map(({ versionId }) => versionId)).toEqual(['v2']);
  });

  it('are resolved over several runs: a chunk when one or another has settled each of its rows', async () => {
    await leave('oldest', { 1: rowsOf('k1', 'k2', 'k3'), 2: rowsOf('k1', 'k2') });
    await recordChunk('oldest', 1, rowsOf('k1', 'k2', 'k3'));
    await record('oldest', 1, rowsOf('k1', 'k2'));
    await leave('middle', { 1: rowsOf('k1', 'k2'), 2: rowsOf('k2') });
    await resolveRedriven(storage().ports, redriveOf('middle', 'oldest'), 1);
    expect(await standing('oldest')).toEqual({ k1: 'middle', k2: 'open', '': 'open' });
    await leave('newest', { 1: rowsOf('k2'), 4: [] });
    await resolveRedriven(storage().ports, redriveOf('newest', 'middle', 'oldest'), 3);
    expect(await standing('oldest')).toEqual({ k1: 'middle', k2: 'newest', '': 'newest' });
  });

  it('stay as they are after a dry run, which settles nothing', async () => {
    await leave('real', { 2: rowsOf('a') });
    await record('real', 2, rowsOf('a'));
    await leave('dry', { 1: rowsOf('a'), 2: [] });
    const run = redriveOf('dry', 'real');
    await resolveRedriven(storage().ports, { ...run, request: { ...run.request, dryRun: true } }, 1);
    expect(await standing('real')).toEqual({ a: 'open' });
  });

  it('cost as many reads as chunks may hold them, not as many as there are', async () => {
    const chunks = Array.from({ length: 40 }, (_, at) =>
      rowsOf(`${String(at).padStart(2, '0')}/a`, `${String(at).padStart(2, '0')}/z`),
    );
    await leaveChunks('wide', 2, chunks);
    await record('wide', 2, [...rowsOf('07/a', '31/z')]);
    await leaveChunks('wide-again', 1, chunks);
    await leaveChunks('wide-again', 2, []);
    const reads: string[] = [];
    const stop = storage().onRequest(({ url = '' }) => {
      if (url.includes('.csv.gz')) reads.push(url);
    });
    await resolveRedriven(storage().ports, redriveOf('wide-again', 'wide'), 1);
    stop();
    expect(reads).toHaveLength(4);
    expect(await standing('wide')).toEqual({ '07/a': 'wide-again', '31/z': 'wide-again' });
  });
});

function rowsOf(...keys: string[]): Row[] {
  return keys.map((key) => rowOf(key));
}

/** Leaves the chunks of some passes of a run: what each pass was of. */
async function leave(runId: string, passes: Record<number, readonly Row[]>): Promise<void> {
  for (const [pass, rows] of Object.entries(passes))
    await leaveChunks(runId, Number(pass), rows.length > 0 ? [rows] : []);
}

async function leaveChunks(runId: string, pass: number, chunks: readonly (readonly Row[])[]): Promise<void> {
  const lines: string[] = [];
  for (const [at, rows] of chunks.entries())
    lines.push(`${JSON.stringify(await writeChunk(storage(), runId, rows, `p${pass}-${at}`))}\n`);
  await storage().ports.work.write(runFiles(runId).chunks(pass), Buffer.from(lines.join('')));
}

/** Puts rows in the failure table. */
async function record(runId: string, pass: number, rows: readonly Row[]): Promise<void> {
  const place = { runId, pass, chunk: await writeChunk(storage(), runId, rows, `recorded-${pass}`) };
  const failure = { cause: 'AccessDenied', message: 'Access Denied' };
  await recordFailures(
    storage().ports,
    place,
    rows.map((row) => ({ row, failure })),
  );
}

async function recordChunk(runId: string, pass: number, rows: readonly Row[]): Promise<void> {
  const { ports } = storage();
  const place = { runId, pass, chunk: await writeChunk(storage(), runId, rows, `p${pass}-0`) };
  await ports.failures.put([chunkFailure(ports, place, { cause: 'NotVerified', message: 'failed as a whole' })]);
}

/** A run of what the first of these owed, and that one of what the next did. */
function redriveOf(id: string, ...earlier: string[]): Run {
  const manifest: OwedManifest = {
    kind: 'owed',
    bucket: 'work-bucket',
    key: 'k',
    runs: earlier.map((runId) => ({ runId, pass: 2 })),
    createdAt: 0,
    columns: [],
  };
  return runOf(id, {}, { manifest });
}

/** By key, that of a chunk empty: `open`, or the run that resolved it. */
async function standing(runId: string): Promise<Record<string, string>> {
  const items = await storage().failures(runId);
  return Object.fromEntries(items.map(({ key = '', status, resolvedBy }) => [key, resolvedBy ?? status]));
}
