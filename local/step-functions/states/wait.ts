import { allowFields, exitOf, type StateSource, transition } from '../definition/state-fields.js';
import type { State } from '../definition/workflow.js';
import { limits } from '../limits.js';
import { pause } from '../run/pause.js';
import { Visit } from '../run/visit.js';

/** Wait: for Seconds, or until a Timestamp. */
export function compileWait(source: StateSource): State {
  const { name, fields } = source;
  allowFields(source, 'Next', 'End', 'Output', 'Assign', 'Seconds', 'Timestamp');
  fields.requireOne(['SecondsPath', 'Seconds', 'TimestampPath', 'Timestamp']);
  const seconds = fields.numberOrExpression('Seconds', { min: 0, max: limits.seconds, integer: true });
  const text = fields.string('Timestamp');
  const timestamp = text === undefined ? undefined : fields.template('Timestamp');
  if (text !== undefined && timestamp?.kind === 'constant' && instantOf(text) === undefined) {
    fields.invalid('String does not match RFC3339 timestamp', 'Timestamp');
  }
  const exit = exitOf(fields);
  const { next, targets, terminal } = transition(source);
  return {
    name,
    type: 'Wait',
    targets,
    terminal,
    run: async (input, frame) => {
      const visit = new Visit({ type: 'Wait', name }, input, frame);
      const ms = seconds
        ? 1_000 * checkedSeconds(await visit.evaluateAs('number', seconds), visit)
        : timestamp
          ? untilInstant(await visit.evaluateAs('string', timestamp), visit)
          : 0;
      if (ms > 0) await pause(frame, ms);
      return { next, output: await visit.exit(exit, input) };
    },
  };
}

function checkedSeconds(seconds: number, visit: Visit): number {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= limits.seconds) return seconds;
  throw visit.evaluationFailed(
    `The Seconds field must be an integer from 0 to ${limits.seconds}, but was: ${seconds}`,
    'Seconds',
    visit.enteredId,
  );
}

/** Milliseconds from now; a past instant is no wait. */
function untilInstant(text: string, visit: Visit): number {
  const instant = instantOf(text);
  if (instant === undefined) {
    throw visit.evaluationFailed(
      `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`,
      'Timestamp',
      visit.enteredId,
    );
  }
  const ms = instant - visit.frame.execution.services.ports.clock.now();
  if (ms > longestWaitMs) throw visit.runtimeError('Wait state delay is too long.');
  return ms;
}

/** 2^31 - 1 seconds, 68 years. */
const longestWaitMs = (2 ** 31 - 1) * 1_000;

const dateTime = /^(\d{4}-\d{2}-(\d{2}))T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch; undefined where the text is not an ISO-8601 date and time with an offset. */
function instantOf(text: string): number | undefined {
  const [, date, day, time, offset] = dateTime.exec(text) ?? [];
  if (date === undefined || time === undefined || offset === undefined) return undefined;
  const midnight = new Date(`${date}T00:00:00Z`);
  const instant = Date.parse(`${date}T${time}${offset}`);
  // Date would take February 30 for March 2.
  return Number.isNaN(instant) || midnight.getUTCDate() !== Number(day) ? undefined : instant;
}
