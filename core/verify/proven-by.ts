import * as z from 'zod';
import type { Run } from '../../contracts/run.js';
import type { FileStore, Ports } from '../ports.js';

const MOST_RUNS = 20;
const pointer = z.object({ runs: z.array(z.object({ runId: z.string(), passes: z.int().min(1) })) });

/** The runs of a pair whose proofs count, newest first: each run carries on what it used of those before it. */
export async function provenBy({ work }: Pick<Ports, 'work'>, pair: string): Promise<Run['provenBy']> {
  return (await read(work, pair))?.runs ?? [];
}

/**
 * Puts a run that has proofs on file before the others, up to this pass. Of a pair that sees nothing but parts, the oldest
 * are forgotten, and proved anew one day.
 */
export async function recordProofs({ work }: Pick<Ports, 'work'>, run: Run, pass: number): Promise<void> {
  const others = ((await read(work, run.pair))?.runs ?? []).filter(({ runId }) => runId !== run.id);
  await write(work, run.pair, [{ runId: run.id, passes: pass }, ...others].slice(0, MOST_RUNS));
}

/** A run that proved the whole pair stands for all before it; a part, or a run that is incomplete, says nothing of the rest. */
export async function forgetOlderProofs({ work }: Pick<Ports, 'work'>, run: Run): Promise<void> {
  const { runs = [] } = (await read(work, run.pair)) ?? {};
  const own = runs.filter(({ runId }) => runId === run.id);
  if (own.length < runs.length) await write(work, run.pair, own);
}

function write(work: FileStore, pair: string, runs: Run['provenBy']): Promise<void> {
  return work.write(nameOf(pair), `${JSON.stringify({ runs })}\n`);
}

async function read(work: FileStore, pair: string): Promise<z.infer<typeof pointer> | undefined> {
  const file = await work.read(nameOf(pair));
  return file && pointer.parse(JSON.parse(file.body.toString('utf8')));
}

function nameOf(pair: string): string {
  return `proofs/${pair}.json`;
}
