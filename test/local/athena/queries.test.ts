import { randomUUID } from 'node:crypto';
import {
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  GetWorkGroupCommand,
  ListWorkGroupsCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { athenaWorld, ended, reason, rows, run, start } from './athena-world.js';

let world: Awaited<ReturnType<typeof athenaWorld>>;
beforeAll(async () => {
  world = await athenaWorld();
});
afterAll(() => world.close());

const results = (id: string | undefined, more: { NextToken?: string; MaxResults?: number } = {}) =>
  world.client.send(new GetQueryResultsCommand({ QueryExecutionId: id, ...more }));

/** DuckDB works on it for years. */
const endless = 'SELECT count(*) FROM (SELECT 1 AS a UNION ALL SELECT 2) x'.concat(
  ...Array.from({ length: 40 }, (_, index) => `, (SELECT 1 AS a UNION ALL SELECT 2) x${index}`),
  ' WHERE x.a > x39.a + x38.a',
);

describe('A query', () => {
  it('succeeds, and says what it was, what it read and where its result is', async () => {
    const query = "SELECT 'a' AS Letter, 1";
    const execution = await run(world.client, query);
    expect(execution).toMatchObject({
      Query: query,
      StatementType: 'DML',
      SubstatementType: 'SELECT',
      Status: { State: 'SUCCEEDED', SubmissionDateTime: expect.any(Date), CompletionDateTime: expect.any(Date) },
      Statistics: { DataScannedInBytes: 0 },
      ResultConfiguration: { OutputLocation: `s3://work/results/${execution.QueryExecutionId}.csv` },
      QueryExecutionContext: { Database: 'inventories' },
      WorkGroup: 'primary',
      EngineVersion: { EffectiveEngineVersion: 'Athena engine version 3' },
    });
  });

  it('writes its result as Athena writes it: values in quotes, NULL as nothing, names in lower case', async () => {
    const { QueryExecutionId: id } = await run(
      world.client,
      `SELECT 'a"b' AS "Text", NULL AS n, '' AS empty, 'two
lines' AS more, 1 + 1, 2`,
    );
    const file = world.engine.s3.getObject('work', `results/${id}.csv`);
    expect(file?.body.toString()).toBe('"text","n","empty","more","_col4","_col5"\n"a""b",,"","two\nlines","2","2"\n');
    expect(file?.headers.get('content-type')).toBe('application/octet-stream');
    expect(world.engine.s3.getObject('work', `results/${id}.csv.metadata`)).toBeDefined();
    expect((await results(id)).ResultSet?.Rows?.map(({ Data }) => Data)).toEqual([
      ['text', 'n', 'empty', 'more', '_col4', '_col5'].map((name) => ({ VarCharValue: name })),
      ['a"b', undefined, '', 'two\nlines', '2', '2'].map((value) =>
        value === undefined ? {} : { VarCharValue: value },
      ),
    ]);
  });

  it('has the types and the values that Athena has', async () => {
    const query = `SELECT 1.5 AS a, 5 / 2 AS b, 1e10 AS c, CAST('2024-01-31 10:20:30' AS timestamp) AS d,
      from_iso8601_timestamp('2024-01-31T10:20:30.000Z') AS e, DATE '2024-01-31' AS f, ARRAY[1, 2] AS g, true AS h,
      9007199254740993 AS i, count(*) AS j, sum(7) AS k, CAST(1 AS double) AS m`;
    const { QueryExecutionId: id } = await run(world.client, query);
    const { ResultSet } = await results(id);
    const types = (ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(({ Type }) => Type);
    const values = (ResultSet?.Rows?.[1]?.Data ?? []).map((datum) => datum.VarCharValue);
    expect(types.map((type, index) => [type, values[index]])).toEqual([
      ['double', '1.5'],
      ['integer', '2'],
      ['double', '1.0E10'],
      ['timestamp', '2024-01-31 10:20:30.000'],
      ['timestamp with time zone', '2024-01-31 10:20:30.000 UTC'],
      ['date', '2024-01-31'],
      ['array', '[1, 2]'],
      ['boolean', 'true'],
      ['bigint', '9007199254740993'],
      ['bigint', '1'],
      ['bigint', '7'],
      ['double', '1.0'],
    ]);
  });

  it('is the same one when it is asked for again with its token, and refused where it is another', async () => {
    const input = { ClientRequestToken: randomUUID(), QueryString: 'SELECT 7' };
    const [id, again] = await Promise.all([start(world.client, input), start(world.client, input)]);
    expect(again).toBe(id);
    for (const other of [{ QueryString: 'SELECT 8' }, { ExecutionParameters: ['8'] }])
      await expect(start(world.client, { ...input, ...other })).rejects.toMatchObject({
        name: 'InvalidRequestException',
        AthenaErrorCode: 'IDEMPOTENT_PARAMETER_MISMATCH',
        message: 'Idempotent parameters do not match',
      });
  });

  it('that failed has no rows, and one that is not known is said so', async () => {
    const { QueryExecutionId: id, Status } = await run(world.client, 'SELECT nothing');
    expect(Status).toMatchObject({
      State: 'FAILED',
      StateChangeReason: expect.stringMatching(/^COLUMN_NOT_FOUND: .*'nothing' cannot be resolved/),
      AthenaError: { ErrorCategory: 2, ErrorType: 1006, Retryable: false },
    });
    await expect(results(id)).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: 'Query did not finish successfully. Final query state: FAILED',
    });
    await expect(results(randomUUID())).rejects.toThrow(/was not found/);
  });

  it('that has ended stays as it ended when it is stopped', async () => {
    const { QueryExecutionId: id } = await run(world.client, 'SELECT 1');
    await world.client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
    const { QueryExecution } = await world.client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
    expect(QueryExecution?.Status?.State).toBe('SUCCEEDED');
  });

  it('is cancelled when it is stopped, also while DuckDB works on it', async () => {
    const id = await start(world.client, { QueryString: endless });
    await expect(results(id)).rejects.toThrow(/Query has not yet finished. Current state: (?:QUEUED|RUNNING)/);
    await world.client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
    expect((await ended(world.client, id)).Status).toMatchObject({
      State: 'CANCELLED',
      StateChangeReason: 'Query cancelled by user',
    });
    await expect(results(id)).rejects.toThrow('Could not find results');
    // Its place is free again.
    expect(await rows(world.client, 'SELECT 3')).toEqual([['3']]);
  });
});

it('Of three queries the third is QUEUED until one of the others has ended', async () => {
  const ids = [
    await start(world.client, { QueryString: endless }),
    await start(world.client, { QueryString: endless }),
  ];
  const third = await start(world.client, { QueryString: 'SELECT 3' });
  const state = async (id: string) =>
    (await world.client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }))).QueryExecution?.Status?.State;
  for (const id of ids) while ((await state(id)) !== 'RUNNING');
  for (let question = 0; question < 20; question += 1) expect(await state(third)).toBe('QUEUED');
  const [first = '', second = ''] = ids;
  await world.client.send(new StopQueryExecutionCommand({ QueryExecutionId: first }));
  expect((await ended(world.client, third)).Status?.State).toBe('SUCCEEDED');
  await world.client.send(new StopQueryExecutionCommand({ QueryExecutionId: second }));
});

describe('Pages of a result', () => {
  const query = `SELECT a * 1000 + b AS n FROM unnest(ARRAY[0, 1, 2]) AS x (a), (SELECT row_number() OVER () - 1 AS b
    FROM unnest(ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) AS p (i), unnest(ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) AS q (j),
    unnest(ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) AS r (k)) y ORDER BY 1`;

  it('hold a thousand rows at most, and the header comes once', async () => {
    const { QueryExecutionId: id } = await run(world.client, query);
    const pages = [];
    let token: string | undefined;
    do {
      const page = await results(id, token === undefined ? {} : { NextToken: token });
      pages.push((page.ResultSet?.Rows ?? []).map(({ Data }) => Data?.[0]?.VarCharValue));
      token = page.NextToken;
    } while (token !== undefined);
    expect(pages.map((page) => page.length)).toEqual([1000, 1000, 1000, 1]);
    expect(pages.flat()).toEqual(['n', ...Array.from({ length: 3000 }, (_, index) => String(index))]);
  });

  it('are refused where MaxResults or the token is not one that Athena would take', async () => {
    const { QueryExecutionId: id } = await run(world.client, query);
    const { NextToken: other = '' } = await results((await run(world.client, query)).QueryExecutionId, {
      MaxResults: 5,
    });
    await expect(results(id, { MaxResults: 1001 })).rejects.toThrow(
      'MaxResults is more than maximum allowed length 1000',
    );
    await expect(results(id, { MaxResults: 0 })).rejects.toThrow(/greater than or equal to 1/);
    for (const token of [other, 'x', Buffer.from(`5.${'0'.repeat(64)}`).toString('base64')])
      await expect(results(id, { NextToken: token })).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });
});

describe('ExecutionParameters', () => {
  const query = "SELECT x FROM unnest(ARRAY['a', 'it''s', 'b c']) AS t (x) WHERE x = ? OR x = ?";

  it('are literals; what is no expression is text', async () => {
    expect(await rows(world.client, query, ["'a'", "'it''s'"])).toEqual([['a'], ["it's"]]);
    expect(await rows(world.client, query, ['b c', 'a'])).toEqual([['a'], ['b c']]);
    expect(await rows(world.client, 'SELECT x FROM unnest(ARRAY[1, 2]) AS t (x) WHERE x = ?', ['2'])).toEqual([['2']]);
    expect(
      await rows(world.client, 'SELECT count(*) FILTER (WHERE x = ?) FROM unnest(ARRAY[1, 2, 2]) AS t (x)', ['2']),
    ).toEqual([['2']]);
  });

  it('are never a part of the query, whatever they say', async () => {
    const attempts = [
      "'a' OR 1=1",
      "a' OR '1'='1",
      "'a') OR (1=1",
      "(SELECT 'a')",
      'x',
      "'a'; SELECT 1",
      "'a' -- ",
      "'a' /*",
    ];
    for (const attempt of attempts) {
      const { Status, QueryExecutionId: id } = await run(world.client, query, [attempt, "'none'"]);
      if (Status?.State === 'SUCCEEDED') expect((await results(id)).ResultSet?.Rows?.length).toBeLessThanOrEqual(2);
    }
    for (const attempt of ['x', "(SELECT 'a')", "a' OR '1'='1"])
      expect(await rows(world.client, query, [attempt, "'none'"])).toEqual([]);
  });

  it('are as many as the query has places, or it fails; without places they do not count', async () => {
    expect(await reason(world.client, query, ["'a'"])).toBe(
      'FAILED: INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected 2 but found 1',
    );
    expect(await rows(world.client, 'SELECT 1', ["'a'"])).toEqual([['1']]);
  });

  it('stand in WHERE clauses, and are refused by name elsewhere', async () => {
    await expect(start(world.client, { QueryString: 'SELECT ?', ExecutionParameters: ['1'] })).rejects.toThrow(
      'The embedded Athena does not do ? outside of WHERE clauses',
    );
  });
});

describe('StartQueryExecution', () => {
  it('refuses a query without a place for its result, and a place that is none', async () => {
    await expect(start(world.client, { ResultConfiguration: undefined })).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringMatching(/^No output location provided\./),
    });
    await expect(start(world.client, { ResultConfiguration: { OutputLocation: 'work' } })).rejects.toThrow(
      'outputLocation is not a valid S3 path.',
    );
    await expect(start(world.client, { ResultConfiguration: { OutputLocation: 's3://nowhere/' } })).rejects.toThrow(
      'Unable to verify/create output bucket nowhere',
    );
  });

  it('refuses what is no query in Athena’s words, and what the engine does not do by name', async () => {
    const refused = async (query: string) =>
      start(world.client, { QueryString: query }).catch((error: Error) => error.message);
    expect(await refused('SELECT FROM WHERE')).toMatch(/^line 1:\d+: syntax error at or near "/);
    expect(await refused('SELECT 1; SELECT 2')).toBe('Only one sql statement is allowed');
    expect(await refused('INSERT INTO t VALUES (1)')).toMatch(/does not do INSERT statements/);
    expect(await refused('/* x */ -- y\n drop table t')).toMatch(/does not do DROP statements/);
    expect(await refused('PRAGMA version')).toBe('Queries of this type are not supported');
    expect(await refused('FROM x')).toBe('Queries of this type are not supported');
    await expect(start(world.client, { WorkGroup: 'none' })).rejects.toThrow('WorkGroup none is not found.');
    await expect(
      start(world.client, { ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: true } } }),
    ).rejects.toThrow('The embedded Athena does not do ResultReuseConfiguration.');
  });
});

describe('A workgroup', () => {
  it('says where results go, whatever the request says, if it enforces that', async () => {
    const ResultConfiguration = { OutputLocation: 's3://work/enforced/' };
    world.engine.athena.createWorkGroup({ name: 'strict', configuration: { ResultConfiguration } });
    const execution = await ended(world.client, await start(world.client, { WorkGroup: 'strict' }));
    expect(execution.ResultConfiguration?.OutputLocation).toBe(`s3://work/enforced/${execution.QueryExecutionId}.csv`);
    const { WorkGroup } = await world.client.send(new GetWorkGroupCommand({ WorkGroup: 'strict' }));
    expect(WorkGroup).toMatchObject({ Name: 'strict', State: 'ENABLED', Configuration: { ResultConfiguration } });
  });

  it('is refused where Athena would not take it', () => {
    const { athena } = world.engine;
    expect(() => athena.createWorkGroup({ name: 'a b' })).toThrow(/Expected a workgroup's name/);
    expect(() => athena.createWorkGroup({ name: 'small', configuration: { BytesScannedCutoffPerQuery: 5 } })).toThrow(
      /at least 10000000/,
    );
  });
});

it('Other calls are refused by name', async () => {
  await expect(world.client.send(new ListWorkGroupsCommand({}))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: 'The embedded Athena does not do ListWorkGroups.',
  });
});
