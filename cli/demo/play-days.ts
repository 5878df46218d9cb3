import { setTimeout as sleep } from 'node:timers/promises';
import { DeployedRecords } from '../../adapters/records/deployed-records.js';
import type { RunClient, RunDescription } from '../../adapters/step-functions/run-client.js';
import type { Reconciliation } from '../../contracts/reconciliation.js';
import type { Engine } from '../../local/engine.js';
import type { Pipeline } from '../../local/pipeline.js';
import { causeSentence } from '../print/cause.js';
import { DESTINATION, type Day } from './pair-of-days.js';

export interface PlayedDays {
  /** From the table, oldest first. */
  history: Reconciliation[];
  /** Whether each day ended as it had to, with exactly as many objects written to the destination. */
  verdict: 'asExpected' | 'otherwise';
}

const LOOK_EVERY_MS = 100;

/** Plays one day after the other, each with an execution of the pair's daily reconciliation, until one ends otherwise or `signal` is aborted. */
export async function playDays(
  engine: Engine,
  pipeline: Pipeline,
  days: readonly Day[],
  { say, signal }: { say: (line: string) => Promise<void>; signal: AbortSignal },
): Promise<PlayedDays> {
  const records = new DeployedRecords({ ...pipeline, bounds: undefined }, engine, engine);
  let asExpected = 0;
  for (const [index, day] of days.entries()) {
    const date = new Date(day.dueAt).toISOString();
    await say(`Day ${index + 1}, ${date.slice(0, 10)}. ${day.story}`);
    day.play();
    const before = objectsAtDestination(engine);
    const arn = await records.runs.start(pipeline.reconcileMachineArn, `demo-${date.slice(0, 10)}`, {
      scheduledTime: date,
    });
    const ended = await untilEnded(records.runs, arn, signal);
    const copies = Array.from(objectsAtDestination(engine)).filter(([key, state]) => before.get(key) !== state).length;
    const [line] = await newest(records, 1);
    await say(`  ${resultOf(ended, line, copies)}`);
    if (ended.status !== 'SUCCEEDED' || line?.status !== day.expected.status || copies !== day.expected.copies) break;
    asExpected++;
  }
  return {
    history: (await newest(records, days.length)).toReversed(),
    verdict: asExpected === days.length ? 'asExpected' : 'otherwise',
  };
}

async function untilEnded(runs: RunClient, executionArn: string, signal: AbortSignal): Promise<RunDescription> {
  for (;;) {
    const description = await runs.describe(executionArn);
    if (description.status !== 'RUNNING') return description;
    if (signal.aborted) await runs.stop(executionArn, 'Interrupted.');
    else await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function resultOf(ended: RunDescription, line: Reconciliation | undefined, copies: number): string {
  const number = (value: number) => value.toLocaleString('en');
  if (ended.status !== 'SUCCEEDED' || !line)
    return [ended.error ?? ended.status, causeSentence(ended.cause)].filter(Boolean).join(': ');
  const { status, counts, missingAfterRepair, verified, expected } = line;
  const found = counts
    ? `${number(counts.missing)} missing, ${number(counts.different)} different, ${number(counts.onlyAtDestination)} only at the destination, ${number(counts.newer)} too new to judge`
    : `${number(line.missing)} missing`;
  return `${status}: ${found}. ${number(copies)} objects copied, ${number(missingAfterRepair)} still missing; ${number(verified)} of ${number(expected)} verified.`;
}

/** What tells one state of an object from another, by key: also a copy of the same bytes is a later one. */
function objectsAtDestination({ s3 }: Engine): Map<string, string> {
  return new Map(
    Array.from(s3.listObjects(DESTINATION), ({ key, etag, lastModified }) => [key, `${etag} ${lastModified}`]),
  );
}

async function newest(records: DeployedRecords, count: number): Promise<Reconciliation[]> {
  const lines: Reconciliation[] = [];
  for await (const line of records.reconciliations()) if (lines.push(line) >= count) break;
  return lines;
}
