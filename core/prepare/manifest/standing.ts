import { tally as tallySchema, type Tally } from '../../../contracts/tally.js';
import { BackfillError } from '../../errors.js';
import type { FileStore } from '../../ports.js';
import { isThere, runFiles } from '../../run-files.js';

/** How far a run came, whatever its end. */
export interface Standing {
  runId: string;
  /** The pass whose chunks.jsonl holds what is owed, be it that it never began. */
  pass: number;
  /** Of the pass before; undefined where none was tallied. */
  tally: Tally | undefined;
}

/**
 * Where a run that is over stands. TallyPass writes what is owed as the next pass's chunks, also where none follows, and then
 * its tally: a pass without a tally is owed whole, as its predecessor left it. Throws ManifestNotFound where no pass was planned.
 */
export async function readStanding(work: FileStore, runId: string): Promise<Standing> {
  const paths = runFiles(runId);
  const passes: number[] = [];
  for await (const folder of work.folders(paths.root)) {
    const [, pass] = /\/pass-(\d{1,9})\/$/.exec(folder) ?? [];
    if (pass !== undefined) passes.push(Number(pass));
  }
  for (const pass of passes.sort((a, b) => b - a)) {
    const file = await work.read(paths.tally(pass));
    if (file) return { runId, pass: pass + 1, tally: tallySchema.parse(JSON.parse(file.body.toString('utf8'))) };
  }
  if (await isThere(work, paths.chunks(1))) return { runId, pass: 1, tally: undefined };
  throw new BackfillError(
    'ManifestNotFound',
    `manifest.failuresOf: run ${runId} ended before its first pass was planned, and owes all that it was asked for. Start it again as it was.`,
  );
}
