import * as z from 'zod';
import { BackfillError } from '../errors.js';
import type { Ports } from '../ports.js';

/** Where the lock lies, and who holds it. */
type LockPorts = Pick<Ports, 'work' | 'executions'>;

/** `replaced`: the run that held it before. A PrepareRun that is tried again finds its own lock, and must know it too. */
const holder = z.object({ executionArn: z.string(), runId: z.string(), replaced: z.string().optional() });
const MOST_TRIES = 5;

/**
 * Takes the lock of a pair: a file that names its holder's execution. It is never given back: a holder that ended,
 * whatever its end, is replaced, and answered: it may have left something behind. Throws PairBusy with the name of a
 * running one.
 */
export async function takePairLock(
  ports: LockPorts,
  pair: string,
  own: { executionArn: string; runId: string },
): Promise<{ replaced: string | undefined }> {
  const key = `locks/${pair}.json`;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const current = await ports.work.read(key);
    const held = current && readHolder(current.body.toString('utf8'));
    if (held) {
      if (held.executionArn === own.executionArn) return { replaced: held.replaced };
      if (await ports.executions.isRunning(held.executionArn))
        throw new BackfillError(
          'PairBusy',
          `Execution ${held.runId} is working on the pair ${pair}; two at once would copy the same objects. Wait for it or stop it: ${held.executionArn}`,
        );
    }
    const next = { ...own, ...(held ? { replaced: held.runId } : {}) };
    if (await ports.work.writeIf(key, JSON.stringify(next), current?.version)) return { replaced: next.replaced };
  }
  throw new BackfillError(
    'PairBusy',
    `Other executions keep taking the lock of the pair ${pair}. Start one at a time.`,
  );
}

/** Undefined where the file is not what we write: nobody can be told to hold the lock by that. */
function readHolder(text: string): z.infer<typeof holder> | undefined {
  try {
    return holder.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
