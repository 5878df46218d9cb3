import type { EventPattern } from './event-pattern.js';

/** A rule of the default bus. */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  description?: string | undefined;
  state: 'ENABLED' | 'DISABLED';
  /** As it was put. */
  patternText: string;
  pattern: EventPattern;
  /** By their ids, in the order in which they came. */
  readonly targets: Map<string, Target>;
}

/** Where the events of a rule go. */
export interface Target {
  id: string;
  /** Of an SQS queue. */
  arn: string;
  /** JSON text that is sent in place of the event. */
  input?: string | undefined;
  /** ARN of the queue for events that could not be delivered. */
  deadLetterArn?: string | undefined;
  retryPolicy?: RetryPolicy | undefined;
}

export interface RetryPolicy {
  MaximumRetryAttempts?: number;
  MaximumEventAgeInSeconds?: number;
}

/** An event as rules see it and targets get it. */
export interface BusEvent {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: readonly string[];
  detail: unknown;
}
