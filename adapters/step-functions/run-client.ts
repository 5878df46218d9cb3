import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  type ExecutionStatus,
  type HistoryEvent,
} from '@aws-sdk/client-sfn';
import { clientSettings, type Connection } from '../connection.js';
import { MapRuns, type FailedChild, type MapProgress } from './map-runs.js';

export type { HistoryEvent };

/** How an execution stands. Times are milliseconds since the epoch. */
export interface RunDescription {
  name: string;
  status: ExecutionStatus;
  startedAt: number;
  stoppedAt: number | undefined;
  /** The output of an execution that succeeded, JSON. */
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
}

export interface RunProgress extends RunDescription {
  maps: MapProgress[];
}

/** Starts and watches executions of the pipeline, on AWS or on the embedded engine. */
export class RunClient {
  readonly #client: SFNClient;
  readonly #mapRuns: MapRuns;

  constructor(connection: Connection = {}) {
    this.#client = new SFNClient(clientSettings(connection));
    this.#mapRuns = new MapRuns(this.#client);
  }

  /** Answers the execution's ARN. */
  async start(stateMachineArn: string, name: string, input: unknown): Promise<string> {
    const { executionArn = '' } = await this.#client.send(
      new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
    );
    return executionArn;
  }

  /** An execution that has ended stays as it ended. */
  async stop(executionArn: string, cause?: string): Promise<void> {
    await this.#client.send(new StopExecutionCommand({ executionArn, cause }));
  }

  async describe(executionArn: string): Promise<RunDescription> {
    const answer = await this.#client.send(new DescribeExecutionCommand({ executionArn }));
    return {
      name: answer.name ?? '',
      status: answer.status ?? 'RUNNING',
      startedAt: Number(answer.startDate),
      stoppedAt: answer.stopDate && Number(answer.stopDate),
      output: answer.output,
      error: answer.error,
      cause: answer.cause,
    };
  }

  /** False also for an execution that the service has forgotten, 90 days after its end. */
  async exists(executionArn: string): Promise<boolean> {
    try {
      await this.#client.send(new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }));
      return true;
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return false;
      throw error;
    }
  }

  async progress(executionArn: string): Promise<RunProgress> {
    return { ...(await this.describe(executionArn)), maps: await this.#mapRuns.progress(executionArn) };
  }

  /** The ARNs of a state machine's executions, newest first. */
  async *list(stateMachineArn: string): AsyncGenerator<string> {
    let nextToken: string | undefined;
    do {
      const page = await this.#client.send(new ListExecutionsCommand({ stateMachineArn, nextToken }));
      for (const { executionArn = '' } of page.executions ?? []) yield executionArn;
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  async *history(executionArn: string): AsyncGenerator<HistoryEvent> {
    let nextToken: string | undefined;
    do {
      const page = await this.#client.send(new GetExecutionHistoryCommand({ executionArn, nextToken }));
      yield* page.events ?? [];
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  failedChildren(executionArn: string): AsyncIterable<FailedChild> {
    return this.#mapRuns.failedChildren(executionArn);
  }
}
