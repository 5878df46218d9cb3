import type { Predicate } from '../sql/predicates.js';
import { QueryFailure } from '../query-failure.js';
import { type ProjectedDates, readDates } from './projected-dates.js';

/** How the partitions of a table are computed instead of looked up. */
export interface Projection {
  columns: readonly ProjectedColumn[];
  /** `s3://bucket/${dt}/`, with a slash at its end. */
  template: string;
}

type ProjectedColumn =
  | { kind: 'injected'; name: string }
  | { kind: 'enum'; name: string; values: readonly string[] }
  | { kind: 'date'; name: string; dates: ProjectedDates };

/** One partition: its values, in the order of the keys, and where its files are. */
export interface Partition {
  values: readonly string[];
  location: string;
}

/**
 * Reads the `projection.…` properties of a table. Throws an Error at what the embedded Athena does not do.
 * Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
 */
export function readProjection(
  keys: readonly string[],
  parameters: Readonly<Record<string, string>>,
  location: string,
): Projection {
  if (parameters['projection.enabled']?.toLowerCase() !== 'true')
    throw new Error('Expected projection.enabled: the embedded Athena has no partitions but projected ones.');
  const columns = keys.map((name): ProjectedColumn => {
    const property = (of: string) => parameters[`projection.${name}.${of}`];
    switch (property('type')) {
      case 'injected':
        return { kind: 'injected', name };
      case 'enum':
        return { kind: 'enum', name, values: (property('values') ?? '').split(',').map((value) => value.trim()) };
      case 'date':
        return { kind: 'date', name, dates: readDates(name, property) };
      case undefined:
      default:
        throw new Error(`Expected projection.${name}.type date, enum or injected; got ${property('type')}.`);
    }
  });
  const template =
    parameters['storage.location.template'] ?? `${location}${keys.map((key) => `${key}=\${${key}}`).join('/')}/`;
  const missing = keys.find((key) => !template.includes(`\${${key}}`));
  if (missing !== undefined) throw new Error(`Expected \${${missing}} in storage.location.template; got ${template}.`);
  return { columns, template: `${template.replace(/\/$/, '')}/` };
}

/**
 * The partitions that meet all of one place's demands.
 * @throws QueryFailure `CONSTRAINT_VIOLATION` where an injected column is given no values
 */
export function* partitionsOf(
  { columns, template }: Projection,
  predicates: readonly Predicate[],
  now: number,
): Generator<Partition> {
  const choices = columns.map((column) =>
    valuesOf(
      column,
      predicates.filter((each) => each.column === column.name),
      now,
    ),
  );
  const count = choices.reduce((product, values) => product * values.length, 1);
  if (count > MAX_PARTITIONS)
    throw new QueryFailure(
      `CONSTRAINT_VIOLATION: Expected at most ${MAX_PARTITIONS} partitions; the query asks for ${count}.`,
    );
  for (const values of combinations(choices))
    yield {
      values,
      location: values.reduce(
        (text, value, index) => text.replaceAll(`\${${columns[index]?.name}}`, () => value),
        template,
      ),
    };
}

function valuesOf(column: ProjectedColumn, predicates: readonly Predicate[], now: number): readonly string[] {
  const meets = (value: string) => predicates.every((each) => each.meets(value));
  const given = predicates.find((each) => each.values !== undefined)?.values;
  const find = (end: 'least' | 'most') => predicates.find((each) => each[end] !== undefined)?.[end];
  switch (column.kind) {
    case 'injected':
      if (!given)
        throw new QueryFailure(
          `CONSTRAINT_VIOLATION: For the injected projected partition column ${column.name}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.`,
        );
      return given.filter(meets);
    case 'enum':
      return column.values.filter(meets);
    case 'date':
      if (given) return given.filter((value) => column.dates.has(value, now)).filter(meets);
      const [least, most] = [find('least'), find('most')];
      return [...column.dates.all(now, { least, most })].filter(meets);
  }
}

function* combinations(choices: readonly (readonly string[])[]): Generator<string[]> {
  const [first, ...rest] = choices;
  if (!first) return yield [];
  for (const value of first) for (const others of combinations(rest)) yield [value, ...others];
}

/** Hours of a hundred years. */
const MAX_PARTITIONS = 1_000_000;
