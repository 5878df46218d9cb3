import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../local/bundle.js';
import type { Json } from '../../state-machines/substitute.js';
import type { FunctionName } from './functions.js';

/** A Retry of the definition, as far as it waits. */
export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds: number;
  MaxAttempts: number;
  BackoffRate: number;
  MaxDelaySeconds: number;
}

interface State {
  Type: string;
  Next?: string;
  Default?: string;
  TimeoutSeconds?: number;
  Retry?: Retrier[];
  Catch?: { Next: string }[];
  MaxConcurrency?: number | string;
  ItemProcessor?: Workflow;
}

interface Workflow {
  StartAt: string;
  States: Record<string, State>;
}

export type MapName = 'IndexFiles' | 'CopyChunks' | 'VerifyChunks';

/** The definition as it is deployed, placeholders and all. */
export const definition = JSON.parse(
  readFileSync(join(projectRoot, 'state-machines/backfill.asl.json'), 'utf8'),
) as Json & Workflow;

/** What a Map's children are: the function that does their work, and how it is tried again. */
export function childOf(map: MapName): {
  task: FunctionName;
  retry: Retrier[];
  timeoutSeconds: number;
  concurrency: unknown;
} {
  const { ItemProcessor: workflow, MaxConcurrency: concurrency } = stateOf(definition, map);
  if (!workflow) throw new Error(`${map} is not a Map.`);
  const { Retry: retry = [], TimeoutSeconds: timeoutSeconds = 0 } = stateOf(workflow, workflow.StartAt);
  return { task: workflow.StartAt as FunctionName, retry, timeoutSeconds, concurrency };
}

/**
 * State transitions of one child that succeeds: the states that it enters, and one for its start, which AWS's own examples
 * count. @param calls of its function: all but the last answered a cursor
 */
export function transitionsOfChild(map: MapName, calls = 1): number {
  const workflow = stateOf(definition, map).ItemProcessor as Workflow;
  const entered: string[] = [];
  for (let name: string | undefined = workflow.StartAt; name !== undefined;) {
    entered.push(name);
    name = stateOf(workflow, name).Next ?? choiceOf(stateOf(workflow, name));
  }
  const loop = entered.filter((name) => stateOf(workflow, name).Type !== 'Succeed').length;
  return 1 + entered.length + (calls - 1) * loop;
}

/** State transitions of the parent in a run of one pass that ends Verified. */
export function transitionsOfParent(): number {
  const path = [
    'PrepareRun',
    'ManifestAtHand?',
    'IndexFiles',
    'PlanPass',
    'FilesInterleave?',
    'WhereToStart?',
    'CopyChunks',
    'ByJob?',
    'VerifyChunks',
    'TallyPass',
    'CountsMatch?',
    'ReportRun',
    'AllProved?',
    'Verified',
  ];
  for (const name of path) stateOf(definition, name);
  return 1 + path.length;
}

/** History events of a child without a retry, for its log: entered, exited, three of a call, and two of the execution. */
export function eventsOfChild(map: MapName): number {
  return map === 'CopyChunks' ? 11 : 7;
}

function choiceOf(state: State): string | undefined {
  const [choice] = (state as { Choices?: { Next: string }[] }).Choices ?? [];
  return choice?.Next;
}

function stateOf(workflow: Workflow, name: string): State {
  const state = workflow.States[name];
  if (!state) throw new Error(`There is no state ${name} in the definition.`);
  return state;
}
