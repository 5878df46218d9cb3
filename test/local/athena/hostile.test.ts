import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { athenaWorld, folderTable, inventoryTable, reason, rows, start, view } from './athena-world.js';

let world: Awaited<ReturnType<typeof athenaWorld>>;
beforeAll(async () => {
  world = await athenaWorld();
  world.engine.s3.putObject('work', 'runs/one/report/0.csv', Buffer.from('"a","1"\n'));
  world.engine.athena.createTable('inventories', folderTable('report', 's3://work/runs/', ['name', 'n']));
});
afterAll(() => world.close());

/** How a query is refused: by its request, or by its end. */
const refusal = (query: string) => reason(world.client, query).catch((error: Error) => error.message);

describe('A stranger’s query', () => {
  it('reads no file of this machine, whatever it calls it', async () => {
    const attempts = [
      "SELECT * FROM read_csv('/etc/passwd')",
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM '/etc/passwd'",
      'SELECT * FROM "/etc/passwd"',
      "SELECT * FROM glob('/*')",
      'WITH x AS (SELECT * FROM "/etc/passwd") SELECT 1 FROM x',
      "SELECT (SELECT content FROM read_text('/etc/passwd'))",
      "SELECT 1 WHERE EXISTS (SELECT * FROM read_blob('/etc/passwd'))",
      "SELECT * FROM unnest(ARRAY[1]) AS t (a) ORDER BY (SELECT max(content) FROM read_text('/etc/passwd'))",
      "SELECT * FROM query('SELECT 1')",
      "SELECT * FROM query_table('x')",
      "SELECT getenv('HOME')",
      "SELECT current_setting('temp_directory')",
      'SELECT * FROM duckdb_settings()',
      'SELECT * FROM duckdb_settings',
      'SELECT * FROM information_schema.tables',
      'SELECT * FROM pg_catalog.pg_tables',
      'SELECT * FROM sqlite_master',
      'SELECT * FROM "table 0"',
      'SELECT * FROM temp.main."table 0"',
      'DESCRIBE report',
      'SHOW TABLES',
      "COPY (SELECT 1) TO '/tmp/stolen'",
      "ATTACH '/tmp/x.db'",
      'INSTALL httpfs',
      'LOAD httpfs',
      'PRAGMA database_list',
      'SET enable_external_access = true',
      'CALL pragma_version()',
      'EXPLAIN SELECT 1',
      'CREATE TABLE x AS SELECT 1',
      "SELECT 1; COPY (SELECT 1) TO '/tmp/stolen'",
      'SELECT * FROM report TABLESAMPLE 10',
      'SELECT columns(*) FROM report',
      'SELECT * EXCLUDE (n) FROM report',
      'SELECT list_transform(ARRAY[1], x -> x + 1)',
      'SELECT * FROM range(10)',
      "SELECT error('x')",
      'SELECT constructor(1)',
      'SELECT __proto__(1)',
      'WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM r) SELECT * FROM r',
    ];
    for (const query of attempts)
      expect([query, await refusal(query)]).toEqual([query, expect.not.stringMatching(/^SUCCEEDED/)]);
    expect(readdirSync(tmpdir())).not.toContain('stolen');
  });

  it('that names nothing in a WITH query is refused all the same, or never looked up', async () => {
    expect(await rows(world.client, 'WITH unused AS (SELECT * FROM "/etc/passwd") SELECT 1')).toEqual([['1']]);
  });

  it('is not seen by others', async () => {
    expect(await rows(world.client, "SELECT count(*) FROM report WHERE run = 'one'")).toEqual([['1']]);
    for (const name of ['"table 0"', 'temp."table 0"', 'main.report'])
      expect(await refusal(`SELECT * FROM ${name}`)).toMatch(/_NOT_FOUND/);
  });

  it('ends, whatever text it is', async () => {
    const words = fc.constantFrom(
      ...'SELECT FROM WHERE report run = ( ) \' " , * ? ; -- /* */ 1 n AND OR UNION WITH AS ORDER BY LIMIT GROUP \\ \u0000 \u{1F600}'.split(
        ' ',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 15 }), async (parts) => {
        expect(await refusal(`SELECT ${parts.join(' ')}`)).toEqual(expect.any(String));
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 100) },
    );
  });

  it('is refused where it is too long or too deep, and the engine lives on', async () => {
    await expect(start(world.client, { QueryString: `SELECT '${'x'.repeat(262_144)}'` })).rejects.toThrow(
      /less than or equal to 262144/,
    );
    expect(await refusal(`SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`)).not.toMatch(/^SUCCEEDED/);
    expect(await refusal(`SELECT ${'1 + '.repeat(20_000)}1`)).toEqual(expect.any(String));
    expect(await rows(world.client, 'SELECT 1')).toEqual([['1']]);
  });

  it('is refused where a few lines of it stand for a thousand queries, and takes no memory where it has thousands', async () => {
    const twice = (from: string) => `SELECT p.a FROM ${from} p, ${from} q`;
    const doubled = Array.from({ length: 30 }, (_, index) => `w${index + 1} AS (${twice(`w${index}`)})`);
    const refused = /^FAILED: NOT_SUPPORTED: .* WITH queries and views in more than 1000 places/;
    expect(await refusal(`WITH w0 AS (SELECT 1 AS a), ${doubled.join(', ')} SELECT * FROM w30`)).toMatch(refused);
    for (let index = 1; index < 14; index += 1)
      world.engine.athena.createTable('inventories', view(`v${index}`, twice(`v${index - 1}`), ['a']));
    world.engine.athena.createTable('inventories', view('v0', 'SELECT 1 AS a', ['a']));
    expect(await refusal('SELECT * FROM v13')).toMatch(refused);
    const unused = Array.from({ length: 10_000 }, (_, index) => `w${index} AS (SELECT 1)`);
    expect(await rows(world.client, `WITH ${unused.join(', ')} SELECT * FROM w9999`)).toEqual([['1']]);
  });
});

describe('Values of strangers', () => {
  it('are text in parameters and injected keys', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 12 }), async (value) => {
        const literal = `'${value.replaceAll("'", "''")}'`;
        expect(await rows(world.client, 'SELECT run FROM report WHERE run = ?', [literal])).toEqual([]);
        expect(
          await rows(world.client, "SELECT x FROM unnest(ARRAY['a', 'b']) AS t (x) WHERE x <> ? OR x = 'a'", [value]),
        ).toEqual(
          value === 'a' || value === "'a'"
            ? [['a'], ['b']]
            : value === 'b' || value === "'b'"
              ? [['a']]
              : expect.anything(),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('name no file of this machine, neither as keys nor in symlinks', async () => {
    const { s3, athena } = world.engine;
    s3.createBucket('odd');
    s3.putObject('odd', 'hive/dt=2024-05-05-10-00/symlink.txt', Buffer.from('file:///etc/passwd\n'));
    athena.createTable('inventories', inventoryTable('odd', 's3://odd/'));
    expect(await refusal("SELECT * FROM odd WHERE dt = '2024-05-05-10-00'")).toMatch(/^FAILED: HIVE_CANNOT_OPEN_SPLIT/);
    for (const key of [
      "runs/odd/report/'; DROP.csv",
      'runs/odd/report/../../../../etc/x.csv',
      'runs/odd/report/a*[b]?.csv',
    ])
      s3.putObject('work', key, Buffer.from('a,1\n'));
    expect(await rows(world.client, "SELECT count(*) FROM report WHERE run = 'odd'")).toEqual([['2']]);
  });
});
