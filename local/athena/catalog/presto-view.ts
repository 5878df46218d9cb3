import type { View } from './table.js';
import type { TableInput } from './table-input.js';

/** Reads a view as Athena keeps it in Glue: JSON in Base64 in a comment. Throws an Error where it is none. */
export function readView(
  database: string,
  name: string,
  { Parameters: parameters = {}, ViewOriginalText: text = '' }: TableInput,
): View {
  if (parameters['presto_view'] !== 'true')
    throw new Error(`Expected presto_view 'true' among the Parameters of the view ${name}.`);
  const encoded = /^\s*\/\* Presto View: ([A-Za-z0-9+/=]+) \*\/\s*$/.exec(text)?.[1];
  if (encoded === undefined) throw new Error(`Expected /* Presto View: <Base64> */ as ViewOriginalText of ${name}.`);
  const { originalSql, catalog, schema, columns } = JSON.parse(
    Buffer.from(encoded, 'base64').toString(),
  ) as Partial<PrestoView>;
  if (typeof originalSql !== 'string' || !Array.isArray(columns))
    throw new Error(`Expected originalSql and columns in the view ${name}.`);
  if (catalog !== undefined && catalog.toLowerCase() !== 'awsdatacatalog')
    throw new Error(`Expected the catalog awsdatacatalog of the view ${name}; got ${catalog}.`);
  return {
    kind: 'view',
    database: database.toLowerCase(),
    name,
    sql: originalSql,
    schema: (schema ?? database).toLowerCase(),
  };
}

interface PrestoView {
  originalSql: string;
  catalog: string;
  schema: string;
  columns: { name: string; type: string }[];
}
