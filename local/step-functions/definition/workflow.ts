import type { Frame } from '../run/frame.js';
import type { Payload } from '../run/payload.js';

/** States that belong together: a machine, an ItemProcessor or a branch. */
export interface Workflow {
  startAt: string;
  states: ReadonlyMap<string, State>;
  /** Of the machine only. */
  timeoutSeconds?: number;
  /** Names of the EventBridge rules that its Tasks need, wherever they are; of the machine only. */
  managedRules?: ReadonlySet<string>;
}

/** A compiled state. */
export interface State {
  readonly name: string;
  readonly type: string;
  /** Every state that it names as its successor. */
  readonly targets: readonly Target[];
  /** Whether a workflow can end in it. */
  readonly terminal: boolean;
  /** @throws StateError when it fails and nothing catches that; Stopped when the execution ends. */
  run(input: Payload, frame: Frame): Promise<Step>;
}

export interface Target {
  name: string;
  /** Path into the definition, as in `/States/Copy/Next`. */
  location: string;
}

/** Where an execution goes from a state. */
export interface Step {
  /** undefined: the workflow ends here. */
  next: string | undefined;
  output: Payload;
}
