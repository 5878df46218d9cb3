import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  type MapRunListItem,
  type SFNClient,
} from '@aws-sdk/client-sfn';

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

/** A child of a Map that did not succeed. */
export interface FailedChild {
  state: string;
  pass: number;
  name: string;
  executionArn: string;
  status: string;
  error: string;
  cause: string;
}

/** The Map Runs of executions. */
export class MapRuns {
  /** A Map Run that has ended does not change, and is not asked about again. */
  readonly #ended = new Map<string, MapProgress>();

  constructor(private readonly client: SFNClient) {}

  /** Each Map of an execution, in the order in which they began. */
  async progress(executionArn: string): Promise<MapProgress[]> {
    const maps: MapProgress[] = [];
    for (const { state, pass, mapRun } of await this.#list(executionArn))
      maps.push(await this.#describe(state, pass, mapRun));
    return maps;
  }

  /** Children that failed, timed out or were aborted, of each Map in turn. */
  async *failedChildren(executionArn: string): AsyncGenerator<FailedChild> {
    for (const { state, pass, mapRun } of await this.#list(executionArn)) {
      for (const statusFilter of ['FAILED', 'TIMED_OUT', 'ABORTED'] as const) {
        let nextToken: string | undefined;
        do {
          const page = await this.client.send(
            new ListExecutionsCommand({ mapRunArn: mapRun.mapRunArn, statusFilter, nextToken }),
          );
          for (const { executionArn, name = '' } of page.executions ?? []) {
            const { error = '', cause = '' } = await this.client.send(new DescribeExecutionCommand({ executionArn }));
            yield { state, pass, name, executionArn: executionArn ?? '', status: statusFilter, error, cause };
          }
          nextToken = page.nextToken;
        } while (nextToken !== undefined);
      }
    }
  }

  async #list(executionArn: string): Promise<{ state: string; pass: number; mapRun: MapRunListItem }[]> {
    const mapRuns: MapRunListItem[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.client.send(new ListMapRunsCommand({ executionArn, nextToken }));
      mapRuns.push(...(page.mapRuns ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);

    const passes = new Map<string, number>();
    return mapRuns
      .toSorted((a, b) => Number(a.startDate) - Number(b.startDate))
      .map((mapRun) => {
        const state = labelOf(mapRun.mapRunArn);
        const pass = (passes.get(state) ?? 0) + 1;
        passes.set(state, pass);
        return { state, pass, mapRun };
      });
  }

  async #describe(state: string, pass: number, { mapRunArn = '', startDate }: MapRunListItem): Promise<MapProgress> {
    const known = this.#ended.get(mapRunArn);
    if (known) return known;
    const { itemCounts, stopDate } = await this.client.send(new DescribeMapRunCommand({ mapRunArn }));
    const progress = {
      state,
      pass,
      startedAt: Number(startDate),
      stoppedAt: stopDate && Number(stopDate),
      total: itemCounts?.total ?? 0,
      succeeded: itemCounts?.succeeded ?? 0,
      failed: (itemCounts?.failed ?? 0) + (itemCounts?.timedOut ?? 0) + (itemCounts?.aborted ?? 0),
    };
    if (stopDate) this.#ended.set(mapRunArn, progress);
    return progress;
  }
}

/** `arn:…:mapRun:<machine>/<Label>:<uuid>` names its state by the Label. */
function labelOf(mapRunArn = ''): string {
  return /\/([^/:]+):[^:]+$/.exec(mapRunArn)?.[1] ?? '';
}
