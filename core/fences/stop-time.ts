/**
 * The next time after `from` at which clocks show a time of day: `HH:MM`, or `HH:MM <zone>`; in UTC where no zone is named.
 * Where clocks are put forward over it, it is the moment at which they are; where they show it twice, the first time.
 * @param from milliseconds since the epoch; the answer is later than that
 */
export function nextTimeOfDay(timeOfDay: string, from: number): number {
  const [time = '', zone = 'UTC'] = timeOfDay.split(' ');
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const clocks = wallClock(zone);
  const today = Math.floor(clocks(from) / DAY_MS);
  for (let day = today - 1; ; day++) {
    const at = firstAt(clocks, day * DAY_MS + (hours * 60 + minutes) * MINUTE_MS);
    if (at > from) return at;
  }
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No zone is further from UTC: 14 hours to the east, 12 to the west. */
const MOST_OFFSET_MS = 15 * 60 * MINUTE_MS;

/** The first moment at which clocks show `wall` or more. They are put back by hours, and never by more than a day. */
function firstAt(clocks: (at: number) => number, wall: number): number {
  let at = wall - MOST_OFFSET_MS;
  // In steps that no change of clocks is shorter than, so that the first of two times is found.
  while (clocks(at + 15 * MINUTE_MS) < wall) at += 15 * MINUTE_MS;
  while (clocks(at) < wall) at += MINUTE_MS;
  return at;
}

/** What clocks of a zone show at a time, as if it were UTC; in whole minutes. */
function wallClock(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts as Record<string, number>;
    return Date.UTC(year, month - 1, day, hour, minute);
  };
}
