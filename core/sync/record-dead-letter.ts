import type { LiveSettings, QueueBatch, QueueRecord, SyncRecord } from '../../contracts/live.js';
import { liveRunId } from '../../contracts/live-run.js';
import { metric, type Metric } from '../../contracts/metrics.js';
import { chunkFailure, recordFailures } from '../copy/record-failures.js';
import { inParallel } from '../parallel.js';
import type { Ports } from '../ports.js';
import { livePlace } from './live-place.js';
import { readMessage, type KeyAsked } from './read-message.js';
import { pkOf, writtenAt } from './record.js';

/** What this function reaches. */
type DeadLetterPorts = Pick<Ports, 'failures' | 'syncRecords' | 'clock'>;

const AT_ONCE = 8;

/**
 * Function RecordDeadLetter: puts what the queue gave up in the failure table, under the day, with the cause that the last
 * look at its key had. Needs nothing of the two buckets.
 */
export async function recordDeadLetter(
  ports: DeadLetterPorts,
  settings: LiveSettings,
  { Records }: QueueBatch,
): Promise<{ answer: { batchItemFailures: [] }; metrics: Metric[] }> {
  let recorded = 0;
  await inParallel(Records, AT_ONCE, async (record) => {
    const asked = readMessage(settings, record);
    if (asked === 'foreign') return;
    if (asked === 'unreadable') await recordUnreadable(ports, record);
    else if (!(await recordKey(ports, record, asked))) return;
    recorded += 1;
  });
  return { answer: { batchItemFailures: [] }, metrics: recorded === 0 ? [] : [metric('ObjectsFailed', recorded)] };
}

/** Answers whether it is one: a key that was settled since is none. */
async function recordKey(
  ports: DeadLetterPorts,
  record: QueueRecord,
  { keys, asked, since }: KeyAsked,
): Promise<boolean> {
  const pk = pkOf(keys.source);
  const known = await ports.syncRecords.find(pk);
  const failure = known?.failure ?? undelivered(record) ?? (isSettledSince(known, since) ? undefined : UNSETTLED);
  if (!failure) return false;
  const runId = known?.failure?.run ?? liveRunId(ports.clock.now(), asked.from);
  const isDeletion = known?.failure ? known.failure.deleted !== undefined : asked.deletedAt !== undefined;
  const { place, row } = livePlace(runId, keys[asked.from], { size: known?.failure?.size, isDeletion });
  // No files hold what is left out: the table has them all.
  await recordFailures(ports, place, [{ row, failure }], Infinity);
  // Whoever settles the key later resolves what the table has. Where another worker has been there since, it knows better.
  for (let latest = known; latest?.failure && latest.failure.run === undefined;) {
    const { revision, failure: last } = latest;
    if (await ports.syncRecords.putIf({ ...latest, revision: revision + 1, failure: { ...last, run: runId } })) break;
    latest = await ports.syncRecords.find(pk);
  }
  return true;
}

/**
 * A record that is older than the event tells of an earlier one; one that a run has written to since, of nothing. Where the
 * event has no time, it is reported rather than lost.
 */
function isSettledSince(known: SyncRecord | undefined, since: number | undefined): boolean {
  if (!known || known.intent || known.superseded || since === undefined) return false;
  return writtenAt(known) >= Math.floor(since / 1000);
}

/** Every worker that had it ended before it could say why. */
const UNSETTLED = {
  cause: 'FunctionEnded',
  message: 'The function ended each time before it had settled this key, and could not say why.',
};

/** What EventBridge could not deliver carries why. Source: EventBridge User Guide, "Using dead-letter queues". */
function undelivered({ messageAttributes = {} }: QueueRecord): { cause: string; message: string } | undefined {
  const cause = messageAttributes['ERROR_CODE']?.stringValue;
  if (cause === undefined) return undefined;
  return {
    cause: 'EventNotDelivered',
    message: `EventBridge could not deliver the event to the queue: ${cause}: ${messageAttributes['ERROR_MESSAGE']?.stringValue ?? ''}`,
  };
}

async function recordUnreadable(ports: DeadLetterPorts, { messageId }: QueueRecord): Promise<void> {
  const { place } = livePlace(liveRunId(ports.clock.now(), 'source'), messageId);
  const error = {
    cause: 'EventUnreadable',
    message: `The message ${messageId} of the queue is neither an event of S3 nor one of ours; somebody else sends there.`,
  };
  const about = { ...place, chunk: { ...place.chunk, id: `message-${messageId}` } };
  await ports.failures.put([chunkFailure(ports, about, error)]);
}
