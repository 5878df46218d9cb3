import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { StepFunctionsExecutions } from '../../adapters/step-functions/executions.js';

let answer: { status: number; body: object };
let server: Server;
let executions: StepFunctionsExecutions;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response
      .writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
      .end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  executions = new StepFunctionsExecutions({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' },
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('An execution that holds a lock', () => {
  it.each([
    ['RUNNING', true],
    ['PENDING_REDRIVE', true],
    ['SUCCEEDED', false],
    ['FAILED', false],
    ['TIMED_OUT', false],
    ['ABORTED', false],
  ])('%s: running is %j', async (status, running) => {
    answer = { status: 200, body: { status } };
    expect(await executions.isRunning('arn')).toBe(running);
  });

  it.each(['ExecutionDoesNotExist', 'InvalidArn'])(
    'is not running where Step Functions has forgotten it: %s',
    async (error) => {
      answer = { status: 400, body: { __type: error, message: 'words' } };
      expect(await executions.isRunning('arn')).toBe(false);
    },
  );

  it('is not taken for ended where Step Functions does not say', async () => {
    answer = { status: 400, body: { __type: 'AccessDeniedException', message: 'not allowed' } };
    await expect(executions.isRunning('arn')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
