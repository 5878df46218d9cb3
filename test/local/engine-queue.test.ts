import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateStateMachineCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from '@jest/globals';
import { useEngine } from '../support/engine.js';

const test = useEngine({ engine: { threads: 1 } });
const WORK_MS = 700;

it('A task that waits for its turn on the only thread is not out of time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'queue-test-'));
  try {
    const bundle = join(folder, 'slow.cjs');
    await writeFile(
      bundle,
      `exports.handler = () => new Promise((resolve) => setTimeout(resolve, ${WORK_MS}, 'done'));`,
    );
    const arn = test().engine.lambda.createFunction({
      name: 'slow',
      bundle,
      environment: {},
      timeoutMs: 5_000,
      memoryMb: 128,
    });
    const call = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      TimeoutSeconds: 1,
      Arguments: { FunctionName: arn },
      End: true,
    };
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'All',
      States: {
        All: {
          Type: 'Map',
          Items: [1, 2, 3],
          ItemProcessor: { StartAt: 'Call', States: { Call: { ...call, Output: '{% $states.result.Payload %}' } } },
          End: true,
        },
      },
    };
    const { stateMachineArn } = await test().sfn.send(
      new CreateStateMachineCommand({
        name: 'queue',
        definition: JSON.stringify(definition),
        roleArn: 'arn:aws:iam::123456789012:role/any',
      }),
    );
    const { executionArn = '' } = await test().sfn.send(new StartExecutionCommand({ stateMachineArn }));
    expect(await test().ended(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: ['done', 'done', 'done'] });
  } finally {
    await rm(folder, { recursive: true });
  }
});
