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
 * Puts a run before the others. One that proved the whole pair stands for all of them; a part, or a run that is incomplete,
 * says nothing of the rest. Of a pair that sees nothing but parts, the oldest are forgotten and proved anew one day.
 * A dry run proves nothing.
 */
export async function recordProvenBy(
  { work }: Pick<Ports, 'work'>,
  run: Run,
  { passes, isWhole }: { passes: number; isWhole: boolean },
): Promise<void> {
  if (run.request.dryRun) return;
  const known = await read(work, run.pair);
  const others = isWhole && run.scope === 'pair' ? [] : (known?.runs ?? []).filter(({ runId }) => runId !== run.id);
  const runs = [{ runId: run.id, passes }, ...others].slice(0, MOST_RUNS);
  await work.write(nameOf(run.pair), `${JSON.stringify({ runs })}\n`);
}

async function read(work: FileStore, pair: string): Promise<z.infer<typeof pointer> | undefined> {
  const file = await work.read(nameOf(pair));
  return file && pointer.parse(JSON.parse(file.body.toString('utf8')));
}

function nameOf(pair: string): string {
  return `proofs/${pair}.json`;
}
