/** JSON, as a definition is made of it. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/**
 * Fills the `${Name}` placeholders of a definition, which stand inside strings and nowhere else: no value can become part
 * of its structure. Throws where a placeholder has no value, and where a value has no placeholder: either means that the
 * ASL and the handlers have come apart.
 */
export function substitute(definition: Json, values: Readonly<Record<string, string>>): Json {
  const unused = new Set(Object.keys(values));
  const unknown = new Set<string>();
  const filled = mapStrings(definition, (text) =>
    text.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
      unused.delete(name);
      const value = values[name];
      if (value === undefined) unknown.add(placeholder);
      return value ?? '';
    }),
  );
  if (unknown.size > 0) throw new Error(`The definition has placeholders without a value: ${[...unknown].join(', ')}.`);
  if (unused.size > 0) throw new Error(`The definition does not use: ${[...unused].join(', ')}.`);
  return filled;
}

const PLACEHOLDER = /\$\{(\w+)\}/g;

function mapStrings(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each) => mapStrings(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapStrings(each, change)]));
}
