import { partitionOf } from '../../contracts/partition.js';
import { type DeliveryScope, Deliveries } from './deliveries.js';
import { EventsError } from './events-error.js';
import type { BusEvent, Rule } from './rules.js';

/** The default bus: its rules, and the events on their way. */
export class EventsState {
  readonly rules = new Map<string, Rule>();
  readonly deliveries: Deliveries;
  readonly region: string;
  readonly accountId: string;
  readonly now: () => number;

  constructor(scope: DeliveryScope & { region: string }) {
    this.deliveries = new Deliveries(scope);
    this.region = scope.region;
    this.accountId = scope.accountId;
    this.now = () => scope.clock.now();
  }

  arnOf(rule: string): string {
    return `arn:${partitionOf(this.region)}:events:${this.region}:${this.accountId}:rule/${rule}`;
  }

  /** @throws EventsError `ResourceNotFoundException` */
  rule(name: string): Rule {
    const rule = this.rules.get(name);
    if (!rule) throw new EventsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return rule;
  }

  /** An event goes to the targets of the rules that it is for, after this has returned. */
  accept(event: BusEvent): void {
    for (const rule of this.rules.values()) {
      if (rule.state !== 'ENABLED' || rule.targets.size === 0 || !rule.pattern(event)) continue;
      for (const target of rule.targets.values()) this.deliveries.begin(event, rule, target);
    }
  }
}
