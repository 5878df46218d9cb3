import * as z from 'zod';

interface Property {
  description?: string;
  type?: string;
  default?: unknown;
  anyOf?: Property[];
  items?: Property;
  enum?: string[];
}

/** The fields of an object as a Markdown table, from its schema. */
export function fieldTable(schema: z.ZodType): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, Property>;
    required?: string[];
  };
  const rows = Object.entries(properties).map(([name, property]) => {
    const presence = required.includes(name)
      ? 'required'
      : property.default === undefined
        ? ''
        : `\`${JSON.stringify(property.default)}\``;
    return `| \`${name}\` | ${typeName(property)} | ${presence} | ${property.description ?? ''} |`;
  });
  return ['| field | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function typeName(property: Property): string {
  if (property.anyOf) return [...new Set(property.anyOf.map(typeName))].join(' or ');
  if (property.type === 'array') return `list of ${property.items ? typeName(property.items) : 'values'}s`;
  if (property.type === 'integer') return 'number';
  return property.type ?? 'value';
}
