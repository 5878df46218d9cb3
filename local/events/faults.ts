import { Faults, type FaultTimes } from '../fault-plan.js';
import type { BusEvent } from './rules.js';

/** What happens to an event on its way to a target. */
export type EventEffect =
  /** It is delivered so many times more, as EventBridge may: at least once. */
  | { duplicate: number }
  /** It comes after so many deliveries that began later; or when nothing else is on its way. */
  | { late: number }
  /** The target does not take it, this time: it is tried again later. */
  | { error: 'throttled' };

/** A delivery as faults see it. */
export interface EventFaultRequest {
  event: BusEvent;
  rule: string;
}

export interface EventFault extends FaultTimes {
  event?: (event: BusEvent) => boolean;
  rule?: string;
  effect: EventEffect;
}

/** The faults that deliveries meet. */
export class EventFaults extends Faults<EventFault, EventFaultRequest> {
  constructor() {
    super(
      (fault, { event, rule }) => (fault.rule ?? rule) === rule && (fault.event === undefined || fault.event(event)),
    );
  }
}
