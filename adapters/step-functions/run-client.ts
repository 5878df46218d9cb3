import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  type HistoryEvent,
} from '@aws-sdk/client-sfn';
import { clientSettings, type Connection } from '../connection.js';

/** How far one Map of a run came, in children. */
export interface MapProgress {
  /** The Map's Label, which is its state's name. */
  state: string;
  /** 1 for the first Map Run of this state, and so on. */
  pass: number;
  /** Milliseconds since the epoch; `stoppedAt` where it has ended. */
  startedAt: number;
  stoppedAt: number | undefined;
  total: number;
  succeeded: number;
  failed: number;
}

export interface RunProgress {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';
  maps: MapProgress[];
  /** The output of an execution that succeeded, JSON. */
  output?: string | undefined;
  error?: string | undefined;
  cause?: string | undefined;
}

/** Starts and watches executions of the pipeline, on AWS or on the embedded engine. */
export class RunClient {
  readonly #client: SFNClient;

  constructor(connection: Connection = {}) {
    this.#client = new SFNClient(clientSettings(connection));
  }

  async start(stateMachineArn: string, name: string, input: unknown): Promise<string> {
    const { executionArn = '' } = await this.#client.send(
      new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
    );
    return executionArn;
  }

  async stop(executionArn: string): Promise<void> {
    await this.#client.send(new StopExecutionCommand({ executionArn }));
  }

  async progress(executionArn: string): Promise<RunProgress> {
    const {
      status = 'RUNNING',
      output,
      error,
      cause,
    } = await this.#client.send(new DescribeExecutionCommand({ executionArn }));
    return { status, output, error, cause, maps: await this.#maps(executionArn) };
  }

  async *history(executionArn: string): AsyncGenerator<HistoryEvent> {
    let nextToken: string | undefined;
    do {
      const page = await this.#client.send(new GetExecutionHistoryCommand({ executionArn, nextToken }));
      yield* page.events ?? [];
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  async #maps(executionArn: string): Promise<MapProgress[]> {
    const { mapRuns = [] } = await this.#client.send(new ListMapRunsCommand({ executionArn, maxResults: 1_000 }));
    const passes = new Map<string, number>();
    const maps: MapProgress[] = [];
    for (const { mapRunArn, startDate, stopDate } of mapRuns.toSorted(
      (a, b) => Number(a.startDate) - Number(b.startDate),
    )) {
      const { itemCounts } = await this.#client.send(new DescribeMapRunCommand({ mapRunArn }));
      const state = labelOf(mapRunArn);
      const pass = (passes.get(state) ?? 0) + 1;
      passes.set(state, pass);
      maps.push({
        state,
        pass,
        startedAt: Number(startDate),
        stoppedAt: stopDate && Number(stopDate),
        total: itemCounts?.total ?? 0,
        succeeded: itemCounts?.succeeded ?? 0,
        failed: itemCounts?.failed ?? 0,
      });
    }
    return maps;
  }
}

/** `arn:…:mapRun:<machine>/<Label>:<uuid>` names its state by the Label. */
function labelOf(mapRunArn = ''): string {
  return /\/([^/:]+):[^:]+$/.exec(mapRunArn)?.[1] ?? '';
}
