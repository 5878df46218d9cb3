import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll } from '@jest/globals';
import { type Clock, skippingClock } from '../../../../local/clock.js';
import { EmbeddedStepFunctions } from '../../../../local/step-functions/embedded-step-functions.js';

/** What a Lambda function of a test does: what it throws is a function error, unless it is a LambdaFault. */
export type TestFunction = (event: never, signal: AbortSignal) => unknown;

/** An error of Lambda itself, not of the function. */
export class LambdaFault extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** An answer that is no JSON, or a function error without the usual payload. */
export class RawAnswer {
  constructor(
    readonly payload: string,
    readonly functionError?: string,
  ) {}
}

export interface Finished extends DescribeExecutionCommandOutput {
  /** The output, parsed. */
  value: unknown;
  events: HistoryEvent[];
}

/** The embedded Step Functions behind a bare HTTP server, and the SDK's client for it. */
export class ServiceUnderTest {
  readonly functions = new Map<string, TestFunction>();
  /** By `bucket/key`. */
  readonly objects = new Map<string, Buffer>();
  /** Told of each object before it is read. */
  beforeRead: (object: string) => void = () => {};
  #machines = 0;

  constructor(
    readonly service: EmbeddedStepFunctions,
    readonly client: SFNClient,
    readonly clock: Clock,
  ) {}

  async createMachine(definition: object | string, name = `machine-${(this.#machines += 1)}`): Promise<string> {
    const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
    const { stateMachineArn } = await this.client.send(
      new CreateStateMachineCommand({ name, definition: text, roleArn }),
    );
    return stateMachineArn as string;
  }

  async start(definition: object, input: unknown = {}): Promise<string> {
    const stateMachineArn = await this.createMachine(definition);
    const { executionArn } = await this.client.send(
      new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
    );
    return executionArn as string;
  }

  /** Waits for an execution's end. */
  async finished(executionArn: string): Promise<Finished> {
    for (;;) {
      const described = await this.client.send(new DescribeExecutionCommand({ executionArn }));
      if (described.status !== 'RUNNING') {
        const { output } = described;
        return {
          ...described,
          value: output === undefined ? undefined : JSON.parse(output),
          events: await this.history(executionArn),
        };
      }
      await nextTurn();
    }
  }

  async run(definition: object, input: unknown = {}): Promise<Finished> {
    return this.finished(await this.start(definition, input));
  }

  async history(executionArn: string): Promise<HistoryEvent[]> {
    const all: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.client.send(
        new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000, ...(nextToken && { nextToken }) }),
      );
      all.push(...(page.events ?? []));
      ({ nextToken } = page);
    } while (nextToken);
    return all;
  }
}

export const roleArn = 'arn:aws:iam::123456789012:role/states';

/** One service for the tests of a file, started before the first and closed after the last. Its clock skips waits. */
export function useStepFunctions(options: { workClock?: Clock; random?: () => number } = {}): () => ServiceUnderTest {
  let running: ServiceUnderTest | undefined;
  let close = async () => {};
  beforeAll(async () => {
    const clock = skippingClock(Date.parse('2026-01-01T00:00:00Z'));
    const service = new EmbeddedStepFunctions(
      {
        clock,
        invokeLambda: async (name, payload, signal, started) => {
          started();
          return invoke(running as ServiceUnderTest, name, payload, signal);
        },
        readObject: async (bucket, key) => {
          running?.beforeRead(`${bucket}/${key}`);
          return running?.objects.get(`${bucket}/${key}`);
        },
        writeObject: async (bucket, key, body) => {
          if (bucket === 'missing') throw new Error('The specified bucket does not exist');
          running?.objects.set(`${bucket}/${key}`, body);
        },
        ...options,
      },
      { region: 'eu-west-1', accountId: '123456789012' },
    );
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const action = String(request.headers['x-amz-target']).replace('AWSStepFunctions.', '');
        void service.handle(action, JSON.parse(Buffer.concat(chunks).toString())).then(({ status, body }) => {
          response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
        });
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = new SFNClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      disableHostPrefix: true,
      maxAttempts: 1,
    });
    running = new ServiceUnderTest(service, client, clock);
    close = async () => {
      await service.stop();
      client.destroy();
      server.close();
    };
  });
  afterAll(() => close());
  return () => {
    if (!running) throw new Error('The service runs between beforeAll and afterAll; use it inside a test.');
    return running;
  };
}

/** A history in a line each: `id previous type`. */
export function outline(events: HistoryEvent[]): string[] {
  return events.map(({ id, previousEventId, type }) => `${id} ${previousEventId} ${type}`);
}

/** A machine of JSONata states. */
export function machine(states: Record<string, object>, more: object = {}): object {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...more };
}

/** A Task that invokes a function of the test. */
export function task(functionName: string, more: object = {}): object {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: functionName, Payload: '{% $states.input %}' },
    Output: '{% $states.result.Payload %}',
    End: true,
    ...more,
  };
}

async function invoke({ functions }: ServiceUnderTest, name: string, payload: string, signal: AbortSignal) {
  const run = functions.get(name);
  if (!run) throw new LambdaFault('Lambda.ResourceNotFoundException', `Function not found: ${name}`);
  const executedVersion = '$LATEST';
  try {
    const answer = await run(JSON.parse(payload) as never, signal);
    if (answer instanceof RawAnswer) {
      const { functionError } = answer;
      return { payload: answer.payload, executedVersion, ...(functionError && { functionError }) };
    }
    return { payload: JSON.stringify(answer ?? null), executedVersion };
  } catch (thrown) {
    if (thrown instanceof LambdaFault) throw thrown;
    const { name: errorType, message: errorMessage } = thrown as Error;
    return { payload: JSON.stringify({ errorType, errorMessage }), functionError: 'Unhandled', executedVersion };
  }
}
