import { BackfillError } from '../../errors.js';
import { columnNamed } from '../schema.js';

/** A manifest of S3 Batch Operations has these, or the first two. It has no header. */
const BATCH_COLUMNS = ['Bucket', 'Key', 'VersionId'];

/** What the first record of a CSV manifest is, and what its columns are, as S3 Inventory's CSV spells them. */
interface CsvColumns {
  kind: 'header' | 'row';
  columns: string[];
}

/**
 * Tells the columns of a CSV manifest by its first record. A header names Bucket and Key, as those of Athena's results do. A
 * bucket may be called `bucket`: where such a one is the source, a first record `bucket,key` of at most three fields is the
 * object `key`, as S3 Batch Operations has it.
 * Throws ManifestUnsupported where more than three columns have no header, or one that names a column twice.
 */
export function csvColumns(first: readonly string[], sourceBucket: string, name: string): CsvColumns {
  const columns = first.map(columnNamed);
  const mayBeRow = first.length === 2 || first.length === BATCH_COLUMNS.length;
  const namesBoth = columns.includes('Bucket') && columns.includes('Key');
  if (mayBeRow && (!namesBoth || first[0] === sourceBucket))
    return { kind: 'row', columns: BATCH_COLUMNS.slice(0, first.length) };
  if (!namesBoth)
    throw new BackfillError(
      'ManifestUnsupported',
      `${name}: expected Bucket,Key or Bucket,Key,VersionId in each record, as S3 Batch Operations has it, or a header that names Bucket and Key; found ${first.length} ${first.length === 1 ? 'column' : 'columns'} without one. Add a header.`,
    );
  const twice = columns.find((column, at) => columns.indexOf(column) < at);
  if (twice !== undefined)
    throw new BackfillError(
      'ManifestUnsupported',
      `${name}: expected each column once in the header; ${JSON.stringify(twice.slice(0, 100))} is there twice. Leave one of them out.`,
    );
  return { kind: 'header', columns };
}
