/** What a leaf of an event holds. */
export type Leaf = string | number | boolean | null;

/** A leaf of an event, and in which elements of which arrays it lies. */
export interface Field {
  value: Leaf;
  /** The index in each array above it, by the array's path. */
  elements: ReadonlyMap<string, number>;
}

/** An event's leaves by their paths: names joined by periods, whatever arrays are between them. */
export function eventFields(event: unknown): Map<string, Field[]> {
  const fields = new Map<string, Field[]>();
  collect(event, '', new Map(), fields);
  return fields;
}

function collect(
  value: unknown,
  path: string,
  elements: ReadonlyMap<string, number>,
  fields: Map<string, Field[]>,
): void {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      // An array in an array counts on where the outer one is.
      const at = `${path}[${elements.get(path) ?? ''}]`;
      collect(each, path, new Map([...elements, [elements.has(path) ? at : path, index]]), fields);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value))
      collect(each, path === '' ? name : `${path}.${name}`, elements, fields);
  } else {
    const known = fields.get(path);
    const field = { value: value as Leaf, elements };
    if (known) known.push(field);
    else fields.set(path, [field]);
  }
}
