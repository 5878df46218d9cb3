import type { JsonObject } from '../definition/fields.js';
import type { Payload } from '../run/payload.js';
import { StateError } from '../run/state-error.js';
import type { Visit } from '../run/visit.js';
import type { Limit } from '../run/within-limit.js';

/** One API of a service that Tasks call: what a `Resource` names. */
export interface Integration {
  /** As the history names it: `invoke` of `lambda`. */
  readonly service: Service;
  readonly arguments: ArgumentKinds;
  /**
   * The EventBridge rule that tells Step Functions of the end of a job. Step Functions makes it when the machine is
   * created, as the machine's role.
   */
  readonly managedRule?: string;
  /** Makes one attempt, and answers the Task's result. @throws StateError; Stopped when the path must end. */
  call(call: Call): Promise<Payload>;
}

export interface Service {
  readonly resource: string;
  readonly resourceType: string;
}

/** What may stand in Arguments. `notImplemented` is what AWS takes and this engine does not. */
export type ArgumentKinds = Readonly<
  Record<string, 'requiredString' | 'optionalString' | 'optionalJson' | 'notImplemented'>
>;

export interface Call {
  readonly visit: Visit;
  /** Checked already. */
  readonly arguments: JsonObject;
  readonly limit: Limit;
  /** A UUID. */
  readonly requestId: string;
}

/** The service did not take the job: the history has it as TaskSubmitFailed. */
export class SubmitFailed extends StateError {}
