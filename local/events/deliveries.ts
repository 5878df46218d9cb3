import type { Alarms } from '../alarms.js';
import type { Clock } from '../clock.js';
import { seededRandom } from '../seeded-random.js';
import type { EmbeddedSqs } from '../sqs/embedded-sqs.js';
import type { MessageAttributes } from '../sqs/message-attributes.js';
import { SqsError } from '../sqs/sqs-error.js';
import type { Watch } from '../watch.js';
import { EventFaults } from './faults.js';
import type { BusEvent, Rule, Target } from './rules.js';

export interface DeliveryScope {
  sqs: EmbeddedSqs;
  clock: Clock;
  alarms: Alarms;
  watch: Watch;
  accountId: string;
}

interface Delivery {
  event: BusEvent;
  rule: Pick<Rule, 'name' | 'arn'>;
  target: Target;
  /** When it was first tried. */
  since: number;
  retries: number;
}

/** Events on their way from rules to targets: at least once, tried again as AWS does, then to the target's dead-letter queue. */
export class Deliveries {
  readonly faults = new EventFaults();
  readonly #scope: DeliveryScope;
  readonly #random = seededRandom(1);
  /** Under way, those that wait for their next attempt too. */
  #pending = 0;
  /** Kept back by a fault: how many deliveries go before each. */
  #late: { before: number; delivery: Delivery }[] = [];

  constructor(scope: DeliveryScope) {
    this.#scope = scope;
  }

  /** Events that have not arrived yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Delivers soon, never before this returns. */
  begin(event: BusEvent, rule: Pick<Rule, 'name' | 'arn'>, target: Target): void {
    const effect = this.faults.strike({ event, rule: rule.name });
    const copies = effect && 'duplicate' in effect ? effect.duplicate + 1 : 1;
    this.#pending += copies;
    for (let copy = 0; copy < copies; copy += 1) {
      const delivery = { event, rule, target, since: this.#scope.clock.now(), retries: 0 };
      if (effect && 'late' in effect) this.#late.push({ before: effect.late, delivery });
      else if (effect && 'error' in effect)
        this.#soon(() => this.#tryAgain(delivery, new SqsError('RequestThrottled', 'Throttled.')));
      else this.#soon(() => this.#deliver(delivery));
    }
    if (this.#late.length === this.#pending) this.#soon(() => this.#releaseLate());
  }

  #soon(act: () => void): void {
    const done = this.#scope.alarms.busy();
    setImmediate(() => {
      act();
      done();
    });
  }

  #deliver(delivery: Delivery): void {
    const { event, target, rule } = delivery;
    try {
      this.#send(target.arn, { body: target.input ?? JSON.stringify(event) }, rule.arn);
      this.#end();
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      if (PASSING.has(error.code)) this.#tryAgain(delivery, error);
      else this.#giveUp(delivery, error);
    }
  }

  /**
   * Backs off exponentially, with jitter, up to the target's retry policy.
   * Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
   */
  #tryAgain(delivery: Delivery, error: SqsError): void {
    const { MaximumRetryAttempts: most = 185, MaximumEventAgeInSeconds: age = 86_400 } =
      delivery.target.retryPolicy ?? {};
    const { clock, alarms } = this.#scope;
    const wait = this.#random() * Math.min(LONGEST_WAIT, 1000 * 2 ** delivery.retries);
    const isTooOld = clock.now() + wait - delivery.since > age * 1000;
    if (isTooOld || delivery.retries >= most)
      return this.#giveUp(delivery, error, isTooOld ? 'MaximumEventAgeInSeconds' : 'MaximumRetryAttempts');
    delivery.retries += 1;
    alarms.at(clock.now() + wait, () => this.#deliver(delivery));
  }

  #giveUp({ event, rule, target, retries }: Delivery, error: SqsError, exhausted?: string): void {
    const { deadLetterArn } = target;
    if (deadLetterArn !== undefined) {
      const attributes = textAttributes({
        RULE_ARN: rule.arn,
        TARGET_ARN: target.arn,
        ERROR_CODE: ERROR_CODES[error.code] ?? 'SDK_CLIENT_ERROR',
        ERROR_MESSAGE: error.message,
        RETRY_ATTEMPTS: String(retries),
        ...(exhausted !== undefined && { EXHAUSTED_RETRY_CONDITION: exhausted }),
      });
      try {
        this.#send(deadLetterArn, { body: JSON.stringify(event), attributes }, rule.arn);
      } catch (lost) {
        // As on AWS: an event that its dead-letter queue does not take either is dropped.
        if (!(lost instanceof SqsError)) throw lost;
      }
    }
    this.#end();
  }

  #send(queueArn: string, draft: { body: string; attributes?: MessageAttributes }, ruleArn: string): void {
    this.#scope.sqs.sendAsService('events.amazonaws.com', queueArn, draft, {
      'aws:SourceArn': ruleArn,
      'aws:SourceAccount': this.#scope.accountId,
    });
  }

  #end(): void {
    this.#pending -= 1;
    for (const late of this.#late) late.before -= 1;
    this.#releaseLate();
    this.#scope.watch.changed();
  }

  /** Those before which enough went; all, where nothing else is left. */
  #releaseLate(): void {
    const isAll = this.#late.length === this.#pending;
    const due = this.#late.filter(({ before }) => isAll || before <= 0);
    this.#late = this.#late.filter((each) => !due.includes(each));
    for (const { delivery } of due) this.#soon(() => this.#deliver(delivery));
  }
}

function textAttributes(values: Readonly<Record<string, string>>): MessageAttributes {
  return Object.fromEntries(
    Object.entries(values).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]),
  );
}

/** What is tried again. Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html */
const PASSING: ReadonlySet<string> = new Set(['RequestThrottled', 'InternalError', 'OverLimit']);

/** Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
const ERROR_CODES: Readonly<Record<string, string>> = {
  AccessDeniedException: 'NO_PERMISSIONS',
  QueueDoesNotExist: 'NO_RESOURCE',
  RequestThrottled: 'THROTTLING',
};

/** Milliseconds. */
const LONGEST_WAIT = 900_000;
