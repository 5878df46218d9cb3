import type { Attempt } from '../../contracts/attempt.js';
import type { Chunk } from '../../contracts/chunk.js';
import type { Row } from '../../contracts/row.js';
import type { Run } from '../../contracts/run.js';
import { unitsOf } from '../copy/chunk-units.js';
import { copyTools } from '../copy/copy-tools.js';
import type { CopyTools } from '../copy/copy-row.js';
import { Pace } from '../copy/pace.js';
import { StorageError } from '../errors.js';
import { UNBOUNDED } from '../fences/budget.js';
import type { Ports } from '../ports.js';
import { requestsPerWorker } from '../workers.js';
import { heldBack, judge, type Judged, type Verdict } from './judge.js';
import { keepKeysWhole } from './keep-keys-whole.js';
import { proofOf } from './proofs.js';

/** What this reaches. */
type LookPorts = Pick<Ports, 'work' | 'pair' | 'failures' | 'clock' | 'random' | 'retryDelayMs'>;

/**
 * Judges the rows of a run that copies nothing, as CopyChunk sees them: by the destination's listing, and by a look at both
 * objects where that cannot tell. Writes nothing to either bucket. Rows that it had no time for are owed, and looked at in
 * another pass.
 */
export async function judgeByLooking(
  ports: LookPorts,
  run: Run,
  input: { pass: number; chunk: Chunk },
  rows: readonly Row[],
  isOver: () => boolean,
): Promise<Judged[]> {
  const isFenced = () => ports.clock.now() >= (run.stopAt ?? Infinity);
  const isLate = () => isOver() || isFenced();
  const pace = new Pace(ports, { perSecond: requestsPerWorker(run.request), isLate });
  const { attempts, unseen } = await look(copyTools(ports, run, input, { pace, isLate, budget: UNBOUNDED }), rows);
  const judged = rows.map((row, index): Judged => {
    if (unseen.has(index)) return { row, verdict: isFenced() ? heldBack('stopAfter') : NO_TIME };
    const attempt = attempts.get(index);
    const verdict = judge(true, attempt, undefined, undefined);
    return { row, verdict, proof: verdict.kind === 'owed' ? undefined : proofOf(row, attempt) };
  });
  return run.request.versions === 'all' ? keepKeysWhole(judged) : judged;
}

const NO_TIME: Verdict = {
  kind: 'owed',
  cause: 'NotAttempted',
  message: 'The object was not looked at: the time of the call was over before it.',
};

async function look(
  tools: CopyTools,
  rows: readonly Row[],
): Promise<{ attempts: ReadonlyMap<number, Attempt>; unseen: ReadonlySet<number> }> {
  const attempts = new Map<number, Attempt>();
  const unseen = new Set<number>();
  let next = 0;
  try {
    for await (const unit of unitsOf(tools, rows, [...rows.keys()], new Map())) {
      if (tools.isLate()) break;
      next = unit.next;
      const { work } = unit;
      if (!work) continue;
      await tools.pace.start(async () => {
        for (const end of await work())
          if (end.kind === 'unfinished') unseen.add(end.row);
          else attempts.set(end.row, end);
      });
    }
  } catch (error) {
    // S3 had no time for a listing before it was late.
    if (!(error instanceof StorageError) || error.kind !== 'throttled') throw error;
  }
  await tools.pace.idle();
  for (let index = next; index < rows.length; index++) unseen.add(index);
  return { attempts, unseen };
}
