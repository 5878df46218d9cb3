import type { Chunk } from '../../contracts/chunk.js';
import type { FenceName } from '../../contracts/fence.js';
import type { Run } from '../../contracts/run.js';
import type { Ports } from '../ports.js';
import { Budget } from './budget.js';

/** The fences of a run, as one worker meets them. */
export class Fences {
  readonly budget: Budget;

  constructor(
    private readonly ports: Pick<Ports, 'failures' | 'clock'>,
    private readonly run: Pick<Run, 'id' | 'request' | 'stopAt'>,
    { bytes, rows }: Pick<Chunk, 'bytes' | 'rows'>,
  ) {
    this.budget = new Budget(ports.failures, run.id, run.request, bytes / rows);
  }

  /** The one at which the worker is to begin nothing more. */
  get reached(): FenceName | undefined {
    const { stopAt = Infinity } = this.run;
    return this.budget.reached ?? (this.ports.clock.now() >= stopAt ? 'stopAfter' : undefined);
  }
}
