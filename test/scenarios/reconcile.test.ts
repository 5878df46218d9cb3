import { describe, expect, it } from '@jest/globals';
import { openReconciled } from '../support/reconciled.js';
import { AWKWARD_KEYS } from '../../cli/demo/objects.js';

describe('A pair that is reconciled every day', () => {
  it('in sync, then with 37 missing, 5 different, 3 only at the destination and 4 too new to judge, then clean again', async () => {
    await using world = await openReconciled();
    for (let index = 0; index < 1_000; index++) world.putBoth(`photos/${String(index).padStart(4, '0')}.jpg`);
    for (const key of AWKWARD_KEYS) world.putBoth(key);
    world.deliver({ daysAgo: 2 });
    const first = await world.reconcile({ scheduledTime: world.dayAt(2) });
    expect(first.line).toMatchObject({
      status: 'InSync',
      day: world.dayAt(2).slice(0, 10),
      way: 'compare',
      missing: 0,
      repaired: 0,
      missingAfterRepair: 0,
      counts: { sourceRows: 1_000 + AWKWARD_KEYS.length, missing: 0, different: 0, onlyAtDestination: 0, newer: 0 },
      evidence: { etag: 1_000 + AWKWARD_KEYS.length },
    });
    expect(first.runs).toEqual([]);

    // Day 2.
    const missing = [...AWKWARD_KEYS, ...numbered(37 - AWKWARD_KEYS.length, 'new')];
    for (const key of missing) {
      world.put('source', key, `day 2: ${key}`);
      world.remove('destination', key);
    }
    for (const key of numbered(5, 'changed')) {
      world.put('source', key, `now: ${key}`);
      world.put('destination', key, `was: ${key}`, { daysAgo: 9 });
    }
    for (const key of numbered(3, 'only at the destination')) world.put('destination', key, 'theirs');
    world.deliverOne('destination', { daysAgo: 1 });
    for (const key of numbered(4, 'newer'))
      world.put('source', key, 'after the inventory', { at: world.timeOf(1) + 1_000 });
    world.deliverOne('source', { daysAgo: 1, minutesLater: 30 });
    const second = await world.reconcile({ scheduledTime: world.dayAt(1) });
    expect(second.line).toMatchObject({
      status: 'Repaired',
      way: 'difference',
      notes: [{ name: 'InventoryStale', message: expect.stringMatching(/left to live replication/) }],
      counts: { missing: 37, different: 5, onlyAtDestination: 3, newer: 4, byEtag: 1_000 },
      missing: 42,
      repaired: 42,
      missingAfterRepair: 0,
      expected: 1_042,
      verified: 1_042,
    });
    expect(second.copies).toHaveLength(42);
    for (const key of [...missing, ...numbered(5, 'changed')])
      expect(world.body('destination', key)).toEqual(world.body('source', key));
    for (const key of numbered(4, 'newer')) expect(world.body('destination', key)).toBeUndefined();
    for (const key of numbered(3, 'only at the destination')) expect(world.body('destination', key)).toBe('theirs');

    // Day 3: live replication has brought what was new.
    for (const key of numbered(4, 'newer')) world.put('destination', key, 'after the inventory');
    world.deliver({ daysAgo: 0 });
    const third = await world.reconcile({});
    expect(third.line).toMatchObject({
      status: 'InSync',
      way: 'compare',
      counts: { missing: 0, different: 0, onlyAtDestination: 3, newer: 0, sourceRows: 1_046, destinationRows: 1_049 },
    });
    // The second day asked twice: for the counts, and for the rows.
    expect(second.line?.scannedBytes).toBeGreaterThan(1.5 * (third.line?.scannedBytes ?? Infinity));
    expect(await world.history()).toMatchObject([
      { status: 'InSync' },
      { status: 'Repaired', missing: 42 },
      { status: 'InSync' },
    ]);
  }, 120_000);
});

function numbered(count: number, name: string): string[] {
  return Array.from({ length: count }, (_, index) => `${name}/${index}.txt`);
}
