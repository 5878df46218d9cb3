import type { ArnScope } from '../arns.js';
import type { Directory } from '../directory.js';
import type { FunctionSources } from '../jsonata/functions.js';
import type { StepFunctionsPorts } from '../ports.js';
import type { Revision } from './execution.js';
import type { History } from './history.js';
import type { Json, Payload } from './payload.js';
import type { TimeLimit } from './time-limit.js';

/** Where one path through an execution stands in its history; each iteration and branch has a path of its own. */
export interface Cursor {
  /** Id of the path's last event. */
  last: number;
  /** Id of the event that the decision under way answers: AWS hangs what a decision ends in on that one. */
  decision: number;
}

/** The parts of an execution that its states work with. */
export interface ExecutionScope {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly input: Payload;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly machine: { arn: string; name: string };
  readonly revision: Revision;
  readonly history: History;
  readonly timeLimit: TimeLimit;
  readonly services: Services;
}

/** The engine, as executions see it. */
export interface Services {
  readonly ports: Required<StepFunctionsPorts>;
  readonly sources: FunctionSources;
  readonly arns: ArnScope;
  readonly directory: Directory;
}

/** One path through an execution: the execution itself, or an iteration or branch of it. */
export interface Frame {
  readonly execution: ExecutionScope;
  readonly cursor: Cursor;
  /** The variables that the path sees; replaced by Assign, never changed in place. */
  variables: Readonly<Record<string, Json>>;
  /** Aborted, with a Stopped as the reason, when the path must end. */
  readonly signal: AbortSignal;
  /** `$states.context.Map`, within an iteration. */
  readonly map?: Json;
  /** Type of the state that the path is in. */
  openState?: string | undefined;
}
