import { limits } from '../limits.js';
import { evaluateTemplate, type Template, TemplateError } from '../jsonata/template.js';
import type { Frame } from './frame.js';
import { untruncated } from './history.js';
import { type Json, Payload } from './payload.js';
import { EvaluationError, StateError, whileExecuting } from './state-error.js';

/** What leaves a state: its Output, and the variables that it assigns. Both see the values at entry. */
export interface Exit {
  output?: Template | undefined;
  assign?: Template | undefined;
}

/** What `$states` holds beside `input` and `context`. */
export interface StatesExtra {
  result?: Json;
  errorOutput?: Json;
}

/** One pass through a state, from its Entered event to its Exited event. */
export class Visit {
  readonly enteredId: number;
  readonly #enteredTime: string;
  /** Attempts after the first, for states that may be retried. */
  retryCount: number | undefined;

  constructor(
    readonly state: { type: string; name: string },
    readonly input: Payload,
    readonly frame: Frame,
  ) {
    const { cursor, execution } = frame;
    this.#enteredTime = new Date(execution.services.ports.clock.now()).toISOString();
    cursor.decision = cursor.last;
    frame.openState = state.type;
    this.enteredId = this.record(`${state.type}StateEntered`, {
      input: input.text,
      inputDetails: untruncated,
      name: state.name,
    });
  }

  /** Adds an event to the path; the next one follows it. */
  record(type: string, details?: object): number {
    const { cursor, execution } = this.frame;
    cursor.last = execution.history.append(type, cursor.last, details);
    return cursor.last;
  }

  /** Adds an event that came from outside (a task's answer): what is decided next answers that one. */
  recordAnswer(type: string, details?: object): number {
    this.frame.cursor.decision = this.record(type, details);
    return this.frame.cursor.decision;
  }

  /** Records that the state failed; what its Catch decides answers the event before. */
  recordFailure(type: string): void {
    const { cursor } = this.frame;
    cursor.decision = cursor.last;
    this.record(type);
  }

  /** @throws EvaluationError, which the history then holds as EvaluationFailed. */
  async evaluate(template: Template, extra: StatesExtra = {}, context: Json = this.context()): Promise<Json> {
    if (template.kind === 'constant') return template.value;
    const states = { input: this.input.value, context, ...extra };
    try {
      return await evaluateTemplate(template, { ...this.frame.variables, states });
    } catch (error) {
      if (error instanceof TemplateError) throw this.evaluationFailed(error.message, error.location);
      throw error;
    }
  }

  /** @throws as `evaluate`; StateError States.DataLimitExceeded beyond 256 KiB. */
  async evaluatePayload(template: Template, extra?: StatesExtra, context?: Json): Promise<Payload> {
    const payload = Payload.ofValue(await this.evaluate(template, extra, context));
    this.checkSize(payload);
    return payload;
  }

  /** As `evaluate`, for a field that must be of one type. */
  async evaluateAs<T extends keyof JsonTypes>(type: T, template: Template, extra?: StatesExtra): Promise<JsonTypes[T]> {
    const value = await this.evaluate(template, extra);
    if (typeOf(value) === type) return value as JsonTypes[T];
    const source = template.kind === 'expression' ? template.expression.source : JSON.stringify(value);
    const location = template.kind === 'expression' ? template.location : undefined;
    throw this.evaluationFailed(
      `The JSONata expression '${source}' specified for the field '${location}' returned an unexpected result type. ` +
        `Expected '${type}', but was '${typeOf(value)}' for value: ${JSON.stringify(value)}`,
      location,
    );
  }

  /** Records EvaluationFailed, by default behind the event that the decision under way answers, and makes its error. */
  evaluationFailed(problem: string, location?: string, previous = this.frame.cursor.decision): EvaluationError {
    const error = new EvaluationError(whileExecuting(this.state.name, this.enteredId, problem), location);
    this.frame.cursor.last = this.frame.execution.history.append('EvaluationFailed', previous, {
      cause: error.causeText,
      error: error.error,
      ...(location === undefined ? {} : { location }),
      state: this.state.name,
    });
    return error;
  }

  /** A mistake of the definition or its data that nothing can catch. */
  runtimeError(problem: string): StateError {
    return new StateError('States.Runtime', whileExecuting(this.state.name, this.enteredId, problem));
  }

  /** `$states.context`. */
  context(): Json {
    const { execution, map } = this.frame;
    return {
      Execution: {
        Id: execution.arn,
        Input: execution.input.value,
        StartTime: new Date(execution.startedAt).toISOString(),
        Name: execution.name,
        RoleArn: execution.roleArn,
        RedriveCount: 0,
      },
      StateMachine: { Id: execution.machine.arn, Name: execution.machine.name },
      State: {
        Name: this.state.name,
        EnteredTime: this.#enteredTime,
        ...(this.retryCount === undefined ? {} : { RetryCount: this.retryCount }),
      },
      ...(map === undefined ? {} : { Map: map }),
    };
  }

  /**
   * Evaluates Output and Assign, records the Exited event and answers the output.
   * @param unchanged the output of a state that has no Output.
   * @param previous the event that the Exited event follows; the path's last one by default.
   */
  async exit(exit: Exit, unchanged: Payload, extra: StatesExtra = {}, previous?: number): Promise<Payload> {
    const output = exit.output ? await this.evaluatePayload(exit.output, extra) : unchanged;
    const assigned = exit.assign ? await this.#assigned(exit.assign, extra) : undefined;
    this.checkSize(output);
    const { cursor, execution } = this.frame;
    cursor.last = execution.history.append(`${this.state.type}StateExited`, previous ?? cursor.last, {
      ...(assigned === undefined ? {} : { assignedVariables: assigned.texts, assignedVariablesDetails: untruncated }),
      name: this.state.name,
      output: output.text,
      outputDetails: untruncated,
    });
    this.frame.openState = undefined;
    if (assigned) this.frame.variables = { ...this.frame.variables, ...assigned.values };
    return output;
  }

  /** @throws StateError States.DataLimitExceeded beyond 256 KiB. */
  checkSize(payload: Payload, name = this.state.name): void {
    if (payload.bytes > limits.payloadBytes) throw dataLimitExceeded(name);
  }

  async #assigned(assign: Template, extra: StatesExtra) {
    const payload = await this.evaluatePayload(assign, extra);
    const values = payload.value as Record<string, Json>;
    const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, JSON.stringify(value)]));
    return { values, texts };
  }
}

export function dataLimitExceeded(name: string): StateError {
  return new StateError(
    'States.DataLimitExceeded',
    `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}

interface JsonTypes {
  null: null;
  boolean: boolean;
  number: number;
  string: string;
  array: Json[];
  object: { [key: string]: Json };
}

function typeOf(value: Json): keyof JsonTypes {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'boolean' | 'number' | 'string' | 'object';
}
