import { StopQueryExecutionCommand } from '@aws-sdk/client-athena';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { athenaWorld, ended, reason, run, start } from './athena-world.js';

let world: Awaited<ReturnType<typeof athenaWorld>>;
beforeAll(async () => {
  world = await athenaWorld();
});
afterEach(() => world.engine.athena.faults.clear());
afterAll(() => world.close());

it('A request is throttled so many times, and then served', async () => {
  const effect = { error: 'TooManyRequestsException', reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED' } as const;
  const fault = world.engine.athena.faults.add({ operation: 'StartQueryExecution', times: 1, effect });
  await expect(start(world.client, {})).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED',
  });
  expect((await run(world.client, 'SELECT 1')).Status?.State).toBe('SUCCEEDED');
  expect(fault.hits).toBe(1);
});

it('A question about a query fails, and the query goes on', async () => {
  const effect = { error: 'InternalServerException' } as const;
  world.engine.athena.faults.add({ operation: ['GetQueryExecution'], query: 'SELECT 2', times: 1, effect });
  const id = await start(world.client, { QueryString: 'SELECT 2' });
  await expect(ended(world.client, id)).rejects.toMatchObject({ name: 'InternalServerException' });
  expect((await ended(world.client, id)).Status?.State).toBe('SUCCEEDED');
});

it('A query fails with a planted reason; others do not', async () => {
  const { faults } = world.engine.athena;
  faults.add({
    query: (query) => query.includes('unlucky'),
    effect: { fail: 'Query timed out', category: 1, type: 206, retryable: true },
  });
  expect((await run(world.client, "SELECT 'unlucky'")).Status).toMatchObject({
    State: 'FAILED',
    StateChangeReason: 'Query timed out',
    AthenaError: { ErrorCategory: 1, ErrorType: 206, Retryable: true },
  });
  expect(await reason(world.client, "SELECT 'lucky'")).toMatch(/^SUCCEEDED/);
});

it('A query runs until it is stopped', async () => {
  world.engine.athena.faults.add({ times: 1, effect: { hang: 'untilStopped' } });
  const id = await start(world.client, {});
  expect(await reason(world.client, 'SELECT 1')).toMatch(/^SUCCEEDED/);
  await world.client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
  expect((await ended(world.client, id)).Status?.State).toBe('CANCELLED');
});

it('An engine closes while queries run and hang', async () => {
  const other = await athenaWorld();
  other.engine.athena.faults.add({ query: 'SELECT 5', effect: { hang: 'untilStopped' } });
  await start(other.client, { QueryString: 'SELECT 5' });
  await start(other.client, { QueryString: 'SELECT 6' });
  await other.close();
});
