import {
  DescribeStateMachineCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  ResourceNotFound,
  SFNClient,
  type StateMachineListItem,
} from '@aws-sdk/client-sfn';
import { deployedPair, pairTags, stateMachineName, type RunBounds } from '../../contracts/pair.js';
import { clientSettings, type Connection } from '../connection.js';
import { NotFound } from '../not-found.js';

/** A pair as it is deployed. */
export interface DeployedPair {
  pair: string;
  stateMachineArn: string;
  workBucket: string;
  failureTable: string;
  /** The table with the history of reconciliations; undefined where the pair was deployed before there was one. */
  reconciliations: string | undefined;
  /** The buckets that its runs are bound to; undefined where each request names its own. */
  bounds: RunBounds | undefined;
}

export type PairChoice = { pair: string } | { stateMachineArn: string };

/** Finds a pair by its name or its state machine, and where its parts are by the machine's tags. Throws NotFound. */
export async function findPair(connection: Connection, choice: PairChoice): Promise<DeployedPair> {
  const client = new SFNClient(clientSettings(connection));
  if ('stateMachineArn' in choice) {
    const found = await readTags(client, choice.stateMachineArn);
    if (found) return found;
    const [, pair] = /:s3-backfill-(.+)-reconcile$/.exec(choice.stateMachineArn) ?? [];
    if (pair !== undefined)
      throw new NotFound(
        `${choice.stateMachineArn} is the daily reconciliation of the pair "${pair}": expected the state machine of its runs, ${stateMachineName(pair)}. \`s3-backfill reconciliations ${pair}\` shows its days.`,
      );
    throw new NotFound(
      `${choice.stateMachineArn} is no state machine of s3-backfill: expected one with the tags ${Object.values(pairTags).join(', ')}.`,
    );
  }
  const found = await searchPair(client, choice.pair);
  if (found) return found;
  throw new NotFound(
    `There is no pair "${choice.pair}" here: expected a state machine ${stateMachineName(choice.pair)}, or one with the tag ${pairTags.pair}=${choice.pair}. Check the pair's name, the Region and the endpoint.`,
  );
}

/** The name that our deployments give comes first; a machine under another name is known by its tag. */
async function searchPair(client: SFNClient, pair: string): Promise<DeployedPair | undefined> {
  const machines: StateMachineListItem[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListStateMachinesCommand({ nextToken }));
    machines.push(...(page.stateMachines ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);

  const usual = stateMachineName(pair);
  for (const { stateMachineArn = '' } of machines.toSorted(
    (a, b) => Number(b.name === usual) - Number(a.name === usual),
  )) {
    const found = await readTags(client, stateMachineArn);
    if (found?.pair === pair) return found;
  }
  return undefined;
}

async function readTags(client: SFNClient, stateMachineArn: string): Promise<DeployedPair | undefined> {
  try {
    const { tags = [] } = await client.send(new ListTagsForResourceCommand({ resourceArn: stateMachineArn }));
    const value = (name: string) => tags.find(({ key }) => key === name)?.value;
    const [pair, workBucket, failureTable] = [
      value(pairTags.pair),
      value(pairTags.workBucket),
      value(pairTags.failureTable),
    ];
    if (pair === undefined || workBucket === undefined || failureTable === undefined) return undefined;
    return {
      pair,
      stateMachineArn,
      workBucket,
      failureTable,
      reconciliations: value(pairTags.reconciliations),
      bounds: await readBounds(client, stateMachineArn),
    };
  } catch (error) {
    if (error instanceof ResourceNotFound) return undefined;
    throw error;
  }
}

/** What the definition hands to PrepareRun: the execution is checked against the very same words. */
async function readBounds(client: SFNClient, stateMachineArn: string): Promise<RunBounds | undefined> {
  const { definition = '' } = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
  try {
    const machine = JSON.parse(definition) as Definition;
    const text = machine?.States?.PrepareRun?.Arguments?.Payload?.pair;
    return deployedPair.safeParse(JSON.parse(String(text))).data?.bounds;
  } catch {
    // No JSON: a definition of somebody else, under our tags.
    return undefined;
  }
}

/** As much of it as leads to the pair. */
interface Definition {
  States?: { PrepareRun?: { Arguments?: { Payload?: { pair?: unknown } } } };
}
