import { readTable, type Table, type View } from './table.js';
import type { TableInput } from './table-input.js';

/** The databases and tables of Glue's catalog, by name in lower case. */
export class Catalog {
  readonly #databases = new Map<string, Map<string, Table | View>>();

  createDatabase(name: string): void {
    const key = name.toLowerCase();
    if (!this.#databases.has(key)) this.#databases.set(key, new Map());
  }

  /** A table that is there is replaced. Throws an Error where the embedded Athena does not do what it says. */
  createTable(database: string, input: TableInput): void {
    const table = readTable(database, input);
    this.createDatabase(database);
    this.#databases.get(database.toLowerCase())?.set(table.name, table);
  }

  deleteTable(database: string, name: string): void {
    this.#databases.get(database.toLowerCase())?.delete(name.toLowerCase());
  }

  has(database: string): boolean {
    return this.#databases.has(database);
  }

  find(database: string, name: string): Table | View | undefined {
    return this.#databases.get(database)?.get(name);
  }
}
