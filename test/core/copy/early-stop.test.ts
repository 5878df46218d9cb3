import { describe, expect, it } from '@jest/globals';
import { hopelessCause } from '../../../core/copy/early-stop.js';

describe('A run is stopped early', () => {
  it.each<[string, number, Record<string, number>, string | undefined]>([
    ['nothing was tried', 0, {}, undefined],
    ['all failed, but of too few attempts', 999, { AccessDenied: 999 }, undefined],
    ['all of a thousand failed alike', 1_000, { AccessDenied: 1_000 }, 'AccessDenied'],
    ['95 % failed alike', 1_000, { AccessDenied: 950 }, 'AccessDenied'],
    ['a little fewer failed alike', 1_000, { AccessDenied: 949 }, undefined],
    ['all failed, each half for another reason', 2_000, { AccessDenied: 1_000, SlowDown: 1_000 }, undefined],
    ['95 % failed alike, and others otherwise', 2_000, { SlowDown: 100, AccessDenied: 1_900 }, 'AccessDenied'],
    ['a thousand failed, of many', 100_000, { AccessDenied: 1_000 }, undefined],
    ['none failed', 1_000_000, {}, undefined],
  ])('%s: of %d attempts %j: %s', (_, attempts, failures, cause) => {
    expect(hopelessCause({ attempts, failures: new Map(Object.entries(failures)) })).toBe(cause);
  });
});
