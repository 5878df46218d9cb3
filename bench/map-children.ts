import { skippingClock } from '../local/clock.js';
import { EmbeddedStepFunctions } from '../local/step-functions/embedded-step-functions.js';

/**
 * One distributed Map with many children on the embedded Step Functions: seconds, and resident memory of the process.
 * Run: npx tsx bench/map-children.ts [children]
 */
const children = Number(process.argv[2] ?? 20_000);
const lines = Buffer.from(Array.from({ length: children }, (_, n) => `{"n":${n}}\n`).join(''));
const service = new EmbeddedStepFunctions(
  {
    clock: skippingClock(),
    invokeLambda: async (_, payload, __, started) => {
      started();
      return { payload, executedVersion: '$LATEST' };
    },
    readObject: async () => lines,
    writeObject: async () => undefined,
  },
  { region: 'us-east-1', accountId: '123456789012' },
);
const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'All',
  States: {
    All: {
      Type: 'Map',
      MaxConcurrency: 50,
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSONL' },
        Arguments: { Bucket: 'any', Key: 'lines.jsonl' },
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Call',
        States: {
          Call: {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Arguments: { FunctionName: 'echo', Payload: '{% $states.input %}' },
            Output: '{% $states.result.Payload %}',
            End: true,
          },
        },
      },
      ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: 'any', Prefix: 'out' } },
      End: true,
    },
  },
};

const began = performance.now();
const machine = await ask('CreateStateMachine', {
  name: 'bench',
  definition: JSON.stringify(definition),
  roleArn: 'arn:aws:iam::123456789012:role/bench',
});
const { executionArn } = await ask('StartExecution', { stateMachineArn: machine['stateMachineArn'] });
let status: unknown = 'RUNNING';
while (status === 'RUNNING') {
  await new Promise((resolve) => setTimeout(resolve, 100));
  ({ status } = await ask('DescribeExecution', { executionArn }));
}
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(
  `${children} children: ${String(status)} in ${seconds} s, ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB resident`,
);
await service.stop();

async function ask(action: string, input: object): Promise<Record<string, unknown>> {
  const { status, body } = await service.handle(action, input);
  if (status !== 200) throw new Error(`${action} was refused: ${JSON.stringify(body)}`);
  return body as Record<string, unknown>;
}
