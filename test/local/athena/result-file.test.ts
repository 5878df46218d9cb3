import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from '@jest/globals';
import { writeResult } from '../../../local/athena/run/result-file.js';

it('A result that the disk does not take fails its query, not the engine', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const duckdb = await instance.connect();
  try {
    const result = await duckdb.stream('SELECT * FROM range(100000)');
    await expect(writeResult(join(tmpdir(), 'no such folder', 'x.csv'), result, ['n'])).rejects.toMatchObject({
      code: 'ENOENT',
    });
  } finally {
    duckdb.closeSync();
    instance.closeSync();
  }
});
