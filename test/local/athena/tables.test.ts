import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { athenaWorld, ended, folderTable, inventoryTable, reason, rows, run, start, view } from './athena-world.js';

let world: Awaited<ReturnType<typeof athenaWorld>>;
const at = Date.UTC(2024, 4, 5, 10);
const KEYS = ['a b', 'a+b', 'c"d', 'e,f', 'plain', 'ä', '\u{1F600}', "it's", 'x\\y', '~*-_.', 'new\nline'];

beforeAll(async () => {
  world = await athenaWorld();
  const { s3, athena } = world.engine;
  s3.createBucket('source');
  s3.createBucket('inventory');
  for (const key of KEYS) s3.putObject('source', key, Buffer.from(key));
  const delivery = { bucket: 'source', destinationBucket: 'inventory', configId: 'all', files: 3 };
  s3.deliverInventory({ ...delivery, at, fields: ['Size', 'LastModifiedDate', 'ETag', 'StorageClass'] });
  s3.deliverInventory({ ...delivery, at: at + 32 * 60_000, fields: ['Size'] });
  s3.deliverInventory({ ...delivery, at: at + 24 * 3_600_000, fields: ['Size'] });
  athena.createTable('inventories', inventoryTable('objects', 's3://inventory/source/all/'));
});
afterAll(() => world.close());

const query = (sql: string, parameters?: string[]) => rows(world.client, sql, parameters);
const why = (sql: string, parameters?: string[]) => reason(world.client, sql, parameters);

describe('A table of an inventory in CSV', () => {
  it('has the rows of all data files that its symlink names, keys encoded as S3 encodes them', async () => {
    const decoded = await query("SELECT url_decode(key), size FROM objects WHERE dt = '2024-05-05-10-00' ORDER BY 1");
    const expected = KEYS.map((key) => [key, String(Buffer.byteLength(key))]);
    expect(decoded).toEqual(
      expected.toSorted(([one = ''], [other = '']) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
    );
  });

  it('has its partition’s key as a column, behind the others, and NULL where a row has no more columns', async () => {
    expect(await query("SELECT * FROM Objects WHERE DT IN ('2024-05-06-10-00') AND key = 'plain'")).toEqual([
      ['source', 'plain', '5', undefined, undefined, undefined, '2024-05-06-10-00'],
    ]);
  });

  it('has the partitions that its projection admits, and not one between two of its hours', async () => {
    expect(await query('SELECT dt, count(*) FROM objects GROUP BY dt ORDER BY dt')).toEqual([
      ['2024-05-05-10-00', String(KEYS.length)],
      ['2024-05-06-10-00', String(KEYS.length)],
    ]);
    expect(await query("SELECT count(*) FROM objects WHERE dt = '2024-05-05-10-32'")).toEqual([['0']]);
    const minutes = {
      'projection.dt.interval.unit': 'MINUTES',
      'projection.dt.range': '2024-05-01-00-00,2024-05-31-00-00',
    };
    world.engine.athena.createTable(
      'inventories',
      inventoryTable('minutely', 's3://inventory/source/all/', { dates: minutes }),
    );
    expect(await query("SELECT count(*) FROM minutely WHERE dt = '2024-05-05-10-32'")).toEqual([[String(KEYS.length)]]);
  });

  it('reads the partitions that the query needs, and no others', async () => {
    const scanned = async (sql: string) => (await run(world.client, sql)).Statistics?.DataScannedInBytes ?? -1;
    const sizes = async (...hours: string[]) =>
      (await Promise.all(hours.map((hour) => scanned(`SELECT 1 FROM objects WHERE dt = '${hour}'`)))).reduce(
        (a, b) => a + b,
      );
    const [one, both] = [await sizes('2024-05-06-10-00'), await sizes('2024-05-05-10-00', '2024-05-06-10-00')];
    expect(one).toBeGreaterThan(0);
    expect(both).toBeGreaterThan(one);
    const alone = [
      "SELECT count(*) FROM objects o WHERE o.dt > '2024-05-05-23-00' AND size > ''",
      "SELECT count(*) FROM objects WHERE dt BETWEEN '2024-05-06' AND '2024-05-07'",
      "WITH day AS (SELECT * FROM objects) SELECT count(*) FROM day WHERE dt = '2024-05-06-10-00'",
      "SELECT count(*) FROM (SELECT key AS k, dt AS d FROM objects) WHERE d = '2024-05-06-10-00'",
      "SELECT d, count(*) FROM (SELECT dt AS d FROM objects GROUP BY dt) AS x WHERE '2024-05-06-10-00' = x.d GROUP BY 1",
      "SELECT * FROM (SELECT key, dt FROM objects UNION ALL SELECT 'k', 'x') WHERE dt = '2024-05-06-10-00'",
      "SELECT * FROM (SELECT 'x' AS day UNION ALL SELECT dt FROM objects) WHERE day = '2024-05-06-10-00'",
    ];
    for (const sql of alone) expect([sql, await scanned(sql)]).toEqual([sql, one]);
    const all = [
      'SELECT count(*) FROM objects',
      "SELECT count(*) FROM objects WHERE dt = '2024-05-06-10-00' OR key = 'x'",
      "SELECT count(*) FROM objects WHERE NOT dt = '2024-05-06-10-00'",
      "SELECT * FROM (SELECT dt, row_number() OVER (ORDER BY dt) AS n FROM objects) WHERE dt = '2024-05-06-10-00'",
      "SELECT * FROM (SELECT dt FROM objects ORDER BY dt LIMIT 20) WHERE dt = '2024-05-06-10-00'",
      "SELECT a.key FROM objects a LEFT JOIN objects b ON a.dt = '2024-05-06-10-00' AND b.dt = '2024-05-06-10-00'",
      "WITH x AS (SELECT * FROM objects) SELECT * FROM x WHERE dt = '2024-05-06-10-00' UNION ALL SELECT * FROM x WHERE dt = '2024-05-05-10-00'",
    ];
    for (const sql of all) expect([sql, await scanned(sql)]).toEqual([sql, both]);
  });

  it('fails a query by name where a data file is gone, and is empty where there is no delivery', async () => {
    const { s3, athena } = world.engine;
    s3.createBucket('lost');
    s3.putObject('lost', 'hive/dt=2024-05-05-10-00/symlink.txt', Buffer.from('s3://lost/data/gone.csv.gz\n'));
    athena.createTable('inventories', inventoryTable('lost', 's3://lost/'));
    expect(await why("SELECT * FROM lost WHERE dt = '2024-05-05-10-00'")).toBe(
      'FAILED: HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://lost/data/gone.csv.gz: The specified key does not exist.',
    );
    expect(await query("SELECT * FROM lost WHERE dt = '2024-05-05-11-00'")).toEqual([]);
  });

  it('in ORC fails the query that needs it, by name', async () => {
    const { StorageDescriptor: storage, ...input } = inventoryTable('orcs', 's3://inventory/source/all/');
    const SerdeInfo = { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.orc.OrcSerde' };
    world.engine.athena.createTable('inventories', { ...input, StorageDescriptor: { ...storage, SerdeInfo } });
    expect(await why('SELECT * FROM orcs')).toBe(
      'FAILED: NOT_SUPPORTED: The embedded Athena does not do ORC: inventories.orcs has it.',
    );
  });
});

describe('A table of folders with an injected key', () => {
  beforeAll(() => {
    const { s3, athena } = world.engine;
    const put = (key: string, text: string) =>
      s3.putObject('work', key, key.endsWith('.gz') ? gzipSync(text) : Buffer.from(text));
    put('runs/one/report/0.csv.gz', '"a","1"\n"b",""\n');
    put('runs/one/report/1.csv', 'c,2\n');
    put('runs/one/report/_SUCCESS', 'x');
    put('runs/one/report/.hidden', 'x');
    put('runs/two/report/0.csv', '"say ""x""","{""m"":""y""}"\n"back\\"slash",it"x"s\nshort\n\nlong,1,2,3\r\n');
    athena.createTable('inventories', folderTable('report', 's3://work/runs/', ['name', 'n']));
  });

  it('reads every object of the folder but those whose names begin with _ or a dot', async () => {
    expect(await query("SELECT name, n, run FROM report WHERE run = 'one' ORDER BY 1")).toEqual([
      ['a', '1', 'one'],
      ['b', '', 'one'],
      ['c', '2', 'one'],
    ]);
    expect(await query('SELECT count(*) FROM report WHERE run IN (?, ?)', ["'one'", "'none'"])).toEqual([['3']]);
  });

  it('reads quotes, backslashes, short, empty and long lines as the SerDe does', async () => {
    expect(await query("SELECT name, n FROM report WHERE run = 'two'")).toEqual([
      ['say "x"', '{"m":"y"}'],
      ['back"slash', 'it"x"s'],
      ['short', undefined],
      ['', undefined],
      ['long', '1'],
    ]);
  });

  it('reads what is no UTF-8 as U+FFFD', async () => {
    world.engine.s3.putObject('work', 'runs/latin/report/0.csv', Buffer.from('"caf\u00e9",1\n', 'latin1'));
    expect(await query("SELECT name, n FROM report WHERE run = 'latin'")).toEqual([['caf\uFFFD', '1']]);
  });

  it('is refused without an equality on its key', async () => {
    for (const where of ['', "WHERE run > 'a'", "WHERE run LIKE 'o%'", "WHERE run = 'one' OR n = '1'"])
      expect(await why(`SELECT * FROM report ${where}`)).toBe(
        'FAILED: CONSTRAINT_VIOLATION: For the injected projected partition column run, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.',
      );
  });

  it('fails where a row goes over several lines, or the file is no gzip', async () => {
    world.engine.s3.putObject('work', 'runs/open/report/0.csv', Buffer.from('"a\nb",1\n'));
    world.engine.s3.putObject('work', 'runs/raw/report/0.csv.gz', Buffer.from('a,1\n'));
    expect(await why("SELECT * FROM report WHERE run = 'open'")).toMatch(/^FAILED: HIVE_BAD_DATA: .*several lines/);
    expect(await why("SELECT * FROM report WHERE run = 'raw'")).toMatch(
      /^FAILED: HIVE_CURSOR_ERROR: Failed to read file: s3:\/\/work\/runs\/raw/,
    );
  });
});

describe('A view', () => {
  it('is its query over the tables, and passes on what is demanded of it', async () => {
    const { athena } = world.engine;
    athena.createTable('inventories', view('names', 'SELECT name AS who, run FROM report', ['who', 'run']));
    athena.createTable('others', view('all_names', 'SELECT * FROM inventories.names', ['who', 'run'], 'others'));
    expect(await query("SELECT who FROM names WHERE run = 'one' ORDER BY who")).toEqual([['a'], ['b'], ['c']]);
    expect(await query("SELECT v.who FROM others.all_names v WHERE v.run = 'one' AND who <> 'a' ORDER BY 1")).toEqual([
      ['b'],
      ['c'],
    ]);
    expect(
      await query("SELECT count(*) FROM names a JOIN names b ON a.who = b.who WHERE a.run = 'one' AND b.run = 'one'"),
    ).toEqual([['3']]);
  });

  it('that names itself fails, and one that is none is refused', async () => {
    const { athena } = world.engine;
    athena.createTable('inventories', view('again', 'SELECT * FROM again', ['a']));
    expect(await why('SELECT * FROM again')).toMatch(/^FAILED: VIEW_IS_RECURSIVE/);
    expect(() =>
      athena.createTable('inventories', { ...view('none', 'SELECT 1', ['a']), ViewOriginalText: 'SELECT 1' }),
    ).toThrow(/Expected \/\* Presto View/);
  });
});

describe('A table that the embedded Athena does not do', () => {
  it('is refused by name when it is made', () => {
    const { athena } = world.engine;
    const made = (change: (input: ReturnType<typeof inventoryTable>) => object) => () => {
      const input = inventoryTable('strange', 's3://inventory/source/all/');
      athena.createTable('inventories', { ...input, ...change(input) });
    };
    const serde = (library: string) => ({ SerdeInfo: { SerializationLibrary: library } });
    expect(
      made(({ StorageDescriptor }) => ({ StorageDescriptor: { ...StorageDescriptor, ...serde('x.JsonSerDe') } })),
    ).toThrow(/Expected a SerDe of/);
    expect(made(({ StorageDescriptor }) => ({ StorageDescriptor: { ...StorageDescriptor, Location: 'x' } }))).toThrow(
      /Expected s3:\/\//,
    );
    expect(made(() => ({ Parameters: {} }))).toThrow(/Expected projection.enabled/);
    expect(made(({ Parameters }) => ({ Parameters: { ...Parameters, 'projection.dt.type': 'integer' } }))).toThrow(
      /date, enum or injected/,
    );
    expect(made(({ Parameters }) => ({ Parameters: { ...Parameters, 'projection.dt.format': "yyyy-'W'ww" } }))).toThrow(
      /Expected a date format/,
    );
    expect(made(() => ({ TableType: 'MANAGED_TABLE' }))).toThrow(/got MANAGED_TABLE/);
    expect(made(() => ({ PartitionKeys: [{ Name: 'dt', Type: 'date' }] }))).toThrow(/got date/);
  });
});

describe('A workgroup’s limit of bytes', () => {
  it('cancels a query that would read more, in Athena’s words', async () => {
    const { s3, athena } = world.engine;
    athena.createWorkGroup({
      name: 'small',
      configuration: { BytesScannedCutoffPerQuery: 10_000_000, EnforceWorkGroupConfiguration: false },
    });
    s3.putObject('work', 'runs/big/report/0.csv', Buffer.alloc(10_000_001, 'a,b\n'));
    const input = { WorkGroup: 'small', QueryString: "SELECT count(*) FROM report WHERE run = 'big'" };
    expect(await ended(world.client, await start(world.client, input))).toMatchObject({
      Status: { State: 'CANCELLED', StateChangeReason: 'Bytes scanned limit was exceeded' },
      Statistics: { DataScannedInBytes: 10_000_000 },
    });
  });
});

describe('Athena’s SQL', () => {
  it('does not compare or add text and numbers, also where DuckDB would', async () => {
    const day = "dt = '2024-05-05-10-00'";
    for (const expression of [
      'size = 3',
      'size IN (1, 2)',
      'size BETWEEN 1 AND 2',
      '1 < size',
      'lower(key) = 1',
      'length(key) = key',
    ])
      expect([expression, await why(`SELECT 1 FROM objects WHERE ${day} AND ${expression}`)]).toEqual([
        expression,
        expect.stringMatching(/^FAILED: TYPE_MISMATCH: line 1:1: Cannot apply operator: /),
      ]);
    expect(await why(`SELECT o.size + 1 FROM objects o WHERE ${day}`)).toMatch(/TYPE_MISMATCH/);
    expect(await why(`SELECT sum(size) FROM objects WHERE ${day}`)).toMatch(/TYPE_MISMATCH/);
    expect(
      await query(
        `SELECT count(*) FROM (SELECT CAST(size AS bigint) AS size FROM objects WHERE ${day}) WHERE size > 3`,
      ),
    ).toEqual([['5']]);
    expect(await query(`SELECT sum(CAST(size AS bigint)) FROM objects WHERE ${day}`)).toEqual([
      [String(KEYS.reduce((sum, key) => sum + Buffer.byteLength(key), 0))],
    ]);
  });

  it('joins what is on either side, and leaves nothing out of a side that may be missing', async () => {
    const side = (hour: string) => `(SELECT key, size, e_tag FROM objects WHERE dt = '2024-05-0${hour}-10-00')`;
    const joined = `SELECT count(*), count(a.e_tag), count(b.key) FROM ${side('5')} a FULL OUTER JOIN ${side('6')} b ON a.key = b.key`;
    const all = String(KEYS.length);
    expect(await query(joined)).toEqual([[all, all, all]]);
    expect(await query(`${joined} AND b.size = '1'`)).toEqual([[String(2 * KEYS.length), all, all]]);
    expect(
      await query(`SELECT count(*), count(b.key) FROM objects a LEFT JOIN objects b
        ON a.key = b.key AND b.dt = '2024-05-06-10-00' WHERE a.dt = '2024-05-05-10-00'`),
    ).toEqual([[all, all]]);
    expect(
      await query(
        `SELECT count(*) FROM objects a, objects b WHERE a.dt = '2024-05-05-10-00' AND b.dt = '2024-05-06-10-00' AND a.key = b.key`,
      ),
    ).toEqual([[all]]);
  });

  it('has the functions that queries on inventories use, as Athena has them', async () => {
    const values = async (...expressions: string[]) => (await query(`SELECT ${expressions.join(', ')}`))[0];
    expect(
      await values(
        "url_encode('a b/ä~*-_.+')",
        "url_decode('a+b%2Bc%C3%A4')",
        "concat('a', NULL)",
        "concat('a', 'b', 'c')",
      ),
    ).toEqual(['a+b%2F%C3%A4%7E*-_.%2B', 'a b+cä', undefined, 'abc']);
    expect(
      await values(
        "split_part('a,b', ',', 2)",
        "split_part('a,b', ',', 3)",
        "strpos('abc', 'c')",
        "starts_with('abc', 'ab')",
        "substr('abc', 2)",
      ),
    ).toEqual(['b', undefined, '3', 'true', 'bc']);
    expect(
      await values(
        "regexp_like('abc', 'b')",
        "regexp_extract('a1b', '[0-9]')",
        "regexp_extract('ab', '[0-9]')",
        "regexp_replace('a-b-c', '(b)', '<$1>')",
      ),
    ).toEqual(['true', '1', undefined, 'a-<b>-c']);
    expect(
      await values(
        `json_extract_scalar('{"a":{"b":"x"},"n":1}', '$.a.b')`,
        `json_extract_scalar('{"a":{"b":1}}', '$.a')`,
        "json_extract_scalar('no json', '$.a')",
      ),
    ).toEqual(['x', undefined, undefined]);
    expect(
      await values(
        'greatest(1, NULL)',
        'least(2, 1)',
        "greatest('a', 'c', 'b')",
        "try_cast('x' AS bigint)",
        "coalesce(NULL, 'y')",
        "date_diff('hour', timestamp '2024-01-01 00:59:00', timestamp '2024-01-01 02:00:00')",
        "try(url_decode('%zz'))",
      ),
    ).toEqual([undefined, '1', 'c', undefined, 'y', '1', undefined]);
    expect(
      await query('SELECT count_if(x > 1), count(*) FILTER (WHERE x > 2), 7 / 2 FROM unnest(ARRAY[1, 2, 3]) AS t (x)'),
    ).toEqual([['2', '1', '3']]);
    expect(await query('SELECT x FROM unnest(ARRAY[1, NULL, 2]) AS t (x) ORDER BY x DESC')).toEqual([
      ['2'],
      ['1'],
      [undefined],
    ]);
    expect(
      await query("SELECT x FROM unnest(ARRAY['a', 'B', 'ä', '\u{1F600}', '\uFF5E', '']) AS t (x) ORDER BY x"),
    ).toEqual(['', 'B', 'a', 'ä', '\uFF5E', '\u{1F600}'].map((text) => [text]));
    expect(await why("SELECT url_decode('%zz')")).toMatch(/^FAILED: INVALID_FUNCTION_ARGUMENT/);
    expect(await why("SELECT CAST('x' AS bigint)")).toMatch(/^FAILED: INVALID_CAST_ARGUMENT/);
    expect(await why('SELECT list_sort(ARRAY[1])')).toMatch(/^FAILED: FUNCTION_NOT_FOUND/);
  });
});
