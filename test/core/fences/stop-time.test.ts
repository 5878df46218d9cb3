import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextTimeOfDay } from '../../../core/fences/stop-time.js';

const DAY_MS = 86_400_000;

describe('The next time of day', () => {
  it.each<[string, string, string, string]>([
    ['later today, in UTC', '06:00', '2026-01-31T05:59:59.999Z', '2026-01-31T06:00:00Z'],
    ['tomorrow, where it is that time now', '06:00', '2026-01-31T06:00:00Z', '2026-02-01T06:00:00Z'],
    ['tomorrow, where it is past', '00:00', '2026-12-31T00:00:01Z', '2027-01-01T00:00:00Z'],
    ['in winter', '06:00 Europe/Berlin', '2026-01-31T00:00:00Z', '2026-01-31T05:00:00Z'],
    ['in summer', '06:00 Europe/Berlin', '2026-07-31T00:00:00Z', '2026-07-31T04:00:00Z'],
    ['in a zone that has another day', '06:00 Pacific/Auckland', '2026-01-31T00:00:00Z', '2026-01-31T17:00:00Z'],
    ['in a zone of half an hour', '06:00 Asia/Kolkata', '2026-01-31T01:00:00Z', '2026-02-01T00:30:00Z'],
    ['in the hour that clocks skip', '02:30 Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T01:00:00Z'],
    [
      'in the hour that clocks show twice: the first',
      '02:30 Europe/Berlin',
      '2026-10-24T22:00:00Z',
      '2026-10-25T00:30:00Z',
    ],
    [
      'after the first of two such hours: the next day’s',
      '02:30 Europe/Berlin',
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
    ],
    ['in a day that a zone skipped', '12:00 Pacific/Apia', '2011-12-30T00:00:00Z', '2011-12-30T10:00:00Z'],
  ])('is %s', (_, time, from, at) => {
    expect(new Date(nextTimeOfDay(time, Date.parse(from))).toISOString()).toBe(new Date(at).toISOString());
  });

  it('is always within the next day and an hour or two, and clocks show it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2035, 0, 1) }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.constantFrom('UTC', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Kiritimati'),
        (from, hour, minute, zone) => {
          const time = [hour, minute].map((part) => String(part).padStart(2, '0')).join(':');
          const at = nextTimeOfDay(`${time} ${zone}`, from);
          expect(at).toBeGreaterThan(from);
          expect(at - from).toBeLessThanOrEqual(DAY_MS + 2 * 3_600_000);
          const shown = new Intl.DateTimeFormat('en-GB', {
            timeZone: zone,
            timeStyle: 'short',
            hourCycle: 'h23',
          }).format(at);
          // Later only where the clocks were put forward over it.
          expect(shown >= time || shown.startsWith('00')).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
