/** The dates that a projection admits: from a first one to a last one, in steps. A date between two steps is none of them. */
export interface ProjectedDates {
  /**
   * All of them, or those between two that are given; where the format does not sort as time does, more than those.
   * @param now milliseconds since the epoch
   */
  all(now: number, within?: { least?: string | undefined; most?: string | undefined }): Generator<string>;
  has(value: string, now: number): boolean;
}

/** Reads format, range and interval of a projected date. Throws an Error at what the embedded Athena does not do. */
export function readDates(column: string, property: (name: string) => string | undefined): ProjectedDates {
  const name = `projection.${column}`;
  const format = property('format');
  if (!format) throw new Error(`Expected ${name}.format.`);
  const pattern = datePattern(format);
  const [from, to, ...more] = (property('range') ?? '').split(',').map((end) => end.trim());
  if (from === undefined || to === undefined || more.length > 0)
    throw new Error(`Expected ${name}.range as two dates with a comma between them; got ${property('range')}.`);
  const ends = [from, to].map((end) => readEnd(end, pattern, name));
  const unit =
    property('interval.unit')?.toUpperCase() ?? (/H|m|s/.test(format) ? '' : format.includes('dd') ? 'DAYS' : 'MONTHS');
  if (!(unit in UNITS))
    throw new Error(`Expected ${name}.interval.unit of ${Object.keys(UNITS).join(', ')}; got ${unit || 'none'}.`);
  const interval = Number(property('interval') ?? 1);
  if (!Number.isSafeInteger(interval) || interval < 1)
    throw new Error(`Expected a whole number as ${name}.interval; got ${property('interval')}.`);
  const step = (start: number, count: number) => add(start, count * interval, unit as Unit);
  const bounds = (now: number) => ends.map((end) => end(now)) as [number, number];
  return {
    *all(now, { least, most } = {}) {
      const [first, last] = bounds(now);
      const timeOf = (text: string | undefined) =>
        pattern.sorts && text !== undefined ? pattern.read(text) : undefined;
      const [from, end] = [timeOf(least) ?? first, Math.min(timeOf(most) ?? last, last)];
      let count = Math.max(0, Math.floor(distance(first, from, unit as Unit) / interval));
      for (let time = step(first, count); time <= end; count += 1, time = step(first, count)) yield pattern.write(time);
    },
    has(value, now) {
      const time = pattern.read(value);
      const [first, last] = bounds(now);
      if (time === undefined || time < first || time > last) return false;
      return step(first, Math.floor(distance(first, time, unit as Unit) / interval)) === time;
    },
  };
}

/** A date, or `NOW` with or without a distance to it. */
function readEnd(text: string, pattern: DatePattern, name: string): (now: number) => number {
  const [, sign, count, unit] = /^NOW(?:\s*([+-])\s*(\d+)\s*([A-Z]+))?$/i.exec(text) ?? [];
  if (/^NOW/i.test(text)) {
    const known = unit?.toUpperCase().replace(/S?$/, 'S');
    if (count !== undefined && !(known && known in UNITS))
      throw new Error(`Expected a unit of time after NOW in ${name}.range; got ${text}.`);
    if (text.length > 3 && count === undefined)
      throw new Error(`Expected NOW, or NOW-1DAYS and the like in ${name}.range; got ${text}.`);
    const distance = Number(count ?? 0) * (sign === '-' ? -1 : 1);
    // A moment between two dates counts as the one before it.
    return (now) => pattern.read(pattern.write(add(now, distance, (known ?? 'DAYS') as Unit))) ?? now;
  }
  const time = pattern.read(text);
  if (time === undefined) throw new Error(`Expected a date in the projection's format in ${name}.range; got ${text}.`);
  return () => time;
}

interface DatePattern {
  /** Milliseconds since the epoch; undefined where the text is no such date. */
  read(text: string): number | undefined;
  write(time: number): string;
  /** Whether its texts sort as their times do. */
  sorts: boolean;
}

/** A pattern of Java's DateTimeFormatter, as far as inventories and days need it: fields of fixed width, and what is between them. */
function datePattern(format: string): DatePattern {
  const parts: string[] = format.match(/yyyy|MM|dd|HH|mm|ss|[^A-Za-z']|'[^']*'/g) ?? [];
  if (parts.join('') !== format || !parts.includes('yyyy'))
    throw new Error(`Expected a date format of yyyy, MM, dd, HH, mm, ss and what is between them; got ${format}.`);
  const fields = parts.filter((part) => part in PLACES);
  const source = parts
    .map((part) => (part in PLACES ? `(\\d{${part.length}})` : escaped(part.replaceAll("'", ''))))
    .join('');
  const expression = new RegExp(`^${source}$`);
  const write = (time: number) => {
    const iso = new Date(time).toISOString();
    return parts
      .map((part) => (part in PLACES ? iso.slice(...(PLACES[part] as [number, number])) : part.replaceAll("'", '')))
      .join('');
  };
  return {
    write,
    sorts: fields.every((field, at) => Object.keys(PLACES).indexOf(field) === at),
    read: (text) => {
      const values = expression.exec(text)?.slice(1);
      if (!values) return undefined;
      const of = (field: string, otherwise: number) => {
        const index = fields.indexOf(field);
        return index < 0 ? otherwise : Number(values[index]);
      };
      const time = Date.UTC(of('yyyy', 1970), of('MM', 1) - 1, of('dd', 1), of('HH', 0), of('mm', 0), of('ss', 0));
      // The 31st of February is no date.
      return write(time) === text ? time : undefined;
    },
  };
}

/** How many whole units lie between two times; of months, as the calendar counts them. */
function distance(from: number, to: number, unit: Unit): number {
  const { months, milliseconds } = UNITS[unit];
  if (milliseconds !== undefined) return Math.floor((to - from) / milliseconds);
  const [start, end] = [new Date(from), new Date(to)];
  return Math.floor(
    ((end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth()) / months,
  );
}

function add(time: number, count: number, unit: Unit): number {
  const { months, milliseconds } = UNITS[unit];
  if (milliseconds !== undefined) return time + count * milliseconds;
  const date = new Date(time);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + count * months);
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, days));
  return date.getTime();
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Where a field stands in `2024-01-31T10:20:30`. */
const PLACES: Readonly<Record<string, readonly [number, number]>> = {
  yyyy: [0, 4],
  MM: [5, 7],
  dd: [8, 10],
  HH: [11, 13],
  mm: [14, 16],
  ss: [17, 19],
};

const DAY = 86_400_000;

type Unit = 'YEARS' | 'MONTHS' | 'WEEKS' | 'DAYS' | 'HOURS' | 'MINUTES' | 'SECONDS';

/** How long each is: months, where it has no fixed length. */
const UNITS: Readonly<
  Record<Unit, { months: number; milliseconds?: undefined } | { months?: undefined; milliseconds: number }>
> = {
  YEARS: { months: 12 },
  MONTHS: { months: 1 },
  WEEKS: { milliseconds: 7 * DAY },
  DAYS: { milliseconds: DAY },
  HOURS: { milliseconds: 3_600_000 },
  MINUTES: { milliseconds: 60_000 },
  SECONDS: { milliseconds: 1000 },
};
