import { randomUUID } from 'node:crypto';
import type { Authorize } from '../access/authorize.js';
import { denial } from '../access/denial.js';
import { eventsCalls } from '../access/events-calls.js';
import type { Caller } from '../access/principals.js';
import type { JsonAnswer } from '../doors/json-door.js';
import type { Watch } from '../watch.js';
import { putEvents } from './api/put-events.js';
import { type Members, readMembers } from './api/request.js';
import {
  deleteRule,
  describeRule,
  disableRule,
  enableRule,
  listRuleNamesByTarget,
  listRules,
  putRule,
  testEventPattern,
} from './api/rules.js';
import { listTargetsByRule, putTargets, removeTargets } from './api/targets.js';
import type { DeliveryScope } from './deliveries.js';
import { EventsError } from './events-error.js';
import { EventsState } from './events-state.js';
import type { EventFaults } from './faults.js';
import type { BusEvent } from './rules.js';

/** EventBridge in memory: the default bus, rules by event pattern, and queues of SQS as their targets. */
export class EmbeddedEvents {
  readonly #state: EventsState;
  readonly #watch: Watch;
  readonly #authorize: Authorize | undefined;

  constructor({ authorize, ...scope }: DeliveryScope & { region: string; authorize?: Authorize | undefined }) {
    this.#state = new EventsState(scope);
    this.#watch = scope.watch;
    this.#authorize = authorize;
  }

  /** Of deliveries. */
  get faults(): EventFaults {
    return this.#state.deliveries.faults;
  }

  /** Events that have not arrived at their targets yet. */
  get pending(): number {
    return this.#state.deliveries.pending;
  }

  /** Resolves when every event has arrived, or was given up. */
  idle(): Promise<void> {
    return this.#watch.until(() => this.pending === 0);
  }

  /** Takes an event of a service of AWS. Its targets get it after this has returned. */
  accept(event: BusEvent): void {
    this.#state.accept(event);
  }

  /** Answers one call. @param body JSON text */
  async handle(
    operation: string,
    body: string,
    { principal, arn: caller }: Pick<Caller, 'principal' | 'arn'>,
  ): Promise<JsonAnswer> {
    try {
      const perform = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (!perform)
        throw new EventsError(
          'UnknownOperationException',
          `The embedded EventBridge does not do ${operation || 'a call without a target'}.`,
        );
      const members = readMembers(body);
      for (const each of eventsCalls(operation, members, this.#state)) {
        const call = { principal, caller, ...each };
        if (this.#authorize && !this.#authorize(call)) throw new EventsError('AccessDeniedException', denial(call));
      }
      return json(200, perform(this.#state, members));
    } catch (error) {
      if (!(error instanceof EventsError)) throw error;
      return json(400, { __type: error.code, message: error.message });
    }
  }
}

type Operation = (state: EventsState, members: Members) => object;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  DeleteRule: deleteRule,
  DescribeRule: describeRule,
  DisableRule: disableRule,
  EnableRule: enableRule,
  ListRuleNamesByTarget: listRuleNamesByTarget,
  ListRules: listRules,
  ListTargetsByRule: listTargetsByRule,
  PutEvents: putEvents,
  PutRule: putRule,
  PutTargets: putTargets,
  RemoveTargets: removeTargets,
  TestEventPattern: testEventPattern,
};

function json(status: number, body: object): JsonAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return { status, body: JSON.stringify(body), headers };
}
