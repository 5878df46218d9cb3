import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { MACROS } from '../sql/functions.js';

/** DuckDB as queries of strangers may use it. Loaded and opened when the first query comes. */
export class QueryDatabase {
  #opened: Promise<{ instance: DuckDBInstance; folder: string }> | undefined;
  #closed = false;

  /** A connection of its own: what one query makes (temporary views), no other sees. */
  async connect(): Promise<DuckDBConnection> {
    const { instance } = await this.#open();
    return instance.connect();
  }

  /** Where data files and spilled memory lie, and all that queries can read. */
  async folder(): Promise<string> {
    return (await this.#open()).folder;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#opened?.catch(() => undefined);
    opened?.instance.closeSync();
    if (opened) await rm(opened.folder, { recursive: true, force: true });
  }

  #open(): Promise<{ instance: DuckDBInstance; folder: string }> {
    if (this.#closed) return Promise.reject(new Error('The engine is closed.'));
    this.#opened ??= open();
    return this.#opened;
  }
}

async function open(): Promise<{ instance: DuckDBInstance; folder: string }> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const folder = await mkdtemp(join(tmpdir(), 's3-backfill-athena-'));
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: '512MB',
    temp_directory: join(folder, 'spill'),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Rows come in any order but that of ORDER BY, as on Athena: a join of millions of rows then spills instead of failing.
    preserve_insertion_order: 'false',
    // As Athena divides: 5 / 2 is 2.
    integer_division: 'true',
  });
  const connection = await instance.connect();
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  for (const macro of MACROS) await connection.run(`CREATE MACRO ${macro}`);
  await connection.run(`SET allowed_directories = [${quotedText(`${folder}/`)}]`);
  await connection.run('SET enable_external_access = false');
  // From here on nobody changes a setting, also not back.
  await connection.run('SET lock_configuration = true');
  connection.closeSync();
  return { instance, folder };
}

/** As a literal of SQL. */
export const quotedText = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** As a name of SQL. */
export const quotedName = (name: string) => `"${name.replaceAll('"', '""')}"`;
