/** A value of DuckDB's as Athena writes it; undefined for NULL. */
export function resultText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value;
  // Whole numbers up to 32 bits come as numbers too: `wholeNumberText` writes those.
  return typeof value === 'number' ? javaDouble(value) : otherText(value);
}

/** What has a form of its own when it is made a text. */
type Printable = boolean | bigint | { toString(): string };

/** Moments in UTC say so. */
export function momentText(value: unknown): string | undefined {
  const text = resultText(value);
  return text === undefined ? undefined : `${text} UTC`;
}

export function wholeNumberText(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}

function otherText(value: Printable): string {
  if (typeof value === 'object' && 'micros' in value) return timestamp(value as { micros: bigint });
  if (typeof value === 'object' && 'items' in value)
    return `[${(value.items as unknown[]).map((item) => itemText(item) ?? 'null').join(', ')}]`;
  // Dates and decimals are written as everywhere.
  return String(value);
}

/** Numbers in lists are whole: those with a point are lists of doubles, which look the same. */
const itemText = (item: unknown) => (typeof item === 'number' ? String(item) : resultText(item));

/** `2024-01-31 10:20:30.000`: three digits, as Athena's timestamps have. */
function timestamp({ micros }: { micros: bigint }): string {
  const milliseconds = Number(micros / 1000n);
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '');
}

/** As Java writes doubles: `1.5`, `1.0E7`, `1.0E-4`. */
function javaDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}
