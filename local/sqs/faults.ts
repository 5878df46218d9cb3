import { Faults, type FaultTimes } from '../fault-plan.js';

/** What faults see: a call, Lambda's own too, or a message that comes into a queue. */
export interface SqsFaultRequest {
  /** `ReceiveMessage` and its kin; `send` for each message, whoever sends it. */
  operation: string;
  queue?: string | undefined;
  /** Of a message that comes. */
  body?: string | undefined;
}

/** What happens to what a fault strikes. */
export type SqsEffect =
  /** The call is answered with this error; nothing is done. */
  | { error: 'RequestThrottled' | 'InternalError' }
  /** The message comes so many times more, as a message of its own each time. */
  | { duplicate: number }
  /** The message comes somewhere among those that are there. */
  | { reorder: true };

export interface SqsFault extends FaultTimes {
  /** Of errors; the others strike messages that come. */
  operation?: string | readonly string[];
  queue?: string;
  body?: (body: string) => boolean;
  effect: SqsEffect;
}

/** The faults that calls and messages meet. */
export class SqsFaults extends Faults<SqsFault, SqsFaultRequest> {
  constructor() {
    super(matches);
  }
}

function matches(fault: SqsFault, { operation, queue, body }: SqsFaultRequest): boolean {
  if (!('error' in fault.effect)) {
    if (operation !== 'send') return false;
  } else if (operation === 'send' || (fault.operation && ![fault.operation].flat().includes(operation))) return false;
  if (fault.queue !== undefined && fault.queue !== queue) return false;
  return fault.body === undefined || (body !== undefined && fault.body(body));
}
