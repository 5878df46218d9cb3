import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DuckDBConnection } from '@duckdb/node-api';
import { QueryDatabase } from '../../../local/athena/run/duckdb.js';

const database = new QueryDatabase();
let duckdb: DuckDBConnection;
beforeAll(async () => {
  duckdb = await database.connect();
});
afterAll(async () => {
  duckdb.closeSync();
  await database.close();
});

describe('DuckDB, should a query get past all that is in front of it', () => {
  it('reads files of its own folder and no others', async () => {
    const own = join(await database.folder(), 'own.csv');
    await writeFile(own, 'a\n');
    expect((await duckdb.runAndReadAll(`SELECT * FROM read_text('${own}')`)).getRows()).toHaveLength(1);
    for (const sql of [
      "SELECT * FROM read_text('/etc/passwd')",
      `SELECT * FROM read_text('${join(own, '../../../etc/passwd')}')`,
      "COPY (SELECT 1) TO '/tmp/stolen'",
      "ATTACH '/tmp/x.db'",
      "SELECT * FROM read_csv('https://example.com/x.csv')",
      'INSTALL httpfs',
      'LOAD httpfs',
    ])
      await expect(duckdb.run(sql)).rejects.toThrow();
  });

  it('changes no setting', async () => {
    for (const setting of [
      'enable_external_access = true',
      "memory_limit = '8GB'",
      "TimeZone = 'Europe/Zurich'",
      'lock_configuration = false',
    ])
      await expect(duckdb.run(`SET ${setting}`)).rejects.toThrow(/configuration has been locked/);
  });
});
