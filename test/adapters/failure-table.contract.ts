import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../contracts/failure.js';
import type { FailureTable } from '../../core/ports.js';

/** What every failure table does, whatever keeps the items. */
export function failureTableContract(name: string, open: () => FailureTable): void {
  describe(`Failures in ${name}`, () => {
    it('are found by their run and by their chunk', async () => {
      await open().put([itemOf('found', 'a'), itemOf('found', 'b', '0-1'), itemOf('found-not', 'a')]);
      expect(await keysOf(open().ofRun('found'))).toEqual(['a', 'b']);
      expect(await keysOf(open().ofChunk('found', '0-1'))).toEqual(['b']);
      expect(await keysOf(open().ofChunk('found', '0-2'))).toEqual([]);
      expect(await keysOf(open().ofRun('nowhere'))).toEqual([]);
    });

    it('come back as they were put, also with what is optional', async () => {
      const items = [itemOf('whole', 'a'), { ...itemOf('whole', 'b'), versionId: 'v1', size: 0, message: '' }];
      await open().put(items);
      expect(await collect(open().ofRun('whole'))).toEqual(items);
    });

    it('are replaced by one of the same key', async () => {
      await open().put([itemOf('replaced', 'a')]);
      await open().put([{ ...itemOf('replaced', 'a', '0-9'), status: 'resolved' }]);
      expect(await collect(open().ofRun('replaced'))).toMatchObject([{ status: 'resolved', chunk: '0-9' }]);
      expect(await keysOf(open().ofChunk('replaced', '0-0'))).toEqual([]);
    });

    it('may be none, or many, and larger together than one answer', async () => {
      await open().put([]);
      const many = Array.from({ length: 750 }, (_, index) => ({
        ...itemOf('many', String(index)),
        message: 'm'.repeat(2_000),
      }));
      await open().put(many);
      expect(await collect(open().ofRun('many'))).toHaveLength(750);
      expect(await collect(open().ofChunk('many', '0-0'))).toHaveLength(750);
    });
  });

  describe(`What a run may copy, in ${name}`, () => {
    const most = { objects: 10, bytes: 1_000 };

    it('is given whole while it lasts, then as much as is left, then not at all', async () => {
      const take = (objects: number, bytes: number) =>
        open().take('budget', { objects: 1, bytes: 1 }, { objects, bytes }, most);
      expect(await take(6, 500)).toEqual({
        kind: 'taken',
        amount: { objects: 6, bytes: 500 },
        left: { objects: 4, bytes: 500 },
      });
      expect(await take(6, 100)).toEqual({
        kind: 'taken',
        amount: { objects: 4, bytes: 100 },
        left: { objects: 0, bytes: 400 },
      });
      expect(await take(1, 1)).toEqual({ kind: 'spent', of: 'objects' });
      await open().giveBack('budget', { objects: 2, bytes: 0 });
      expect(await take(5, 999)).toMatchObject({ amount: { objects: 2, bytes: 400 } });
      await open().giveBack('budget', { objects: 2, bytes: 0 });
      expect(await take(1, 1)).toEqual({ kind: 'spent', of: 'bytes' });
    });

    it('is never given beyond its bound, however many ask at once', async () => {
      const taken = await Promise.all(
        Array.from({ length: 20 }, () => open().take('crowd', { objects: 1 }, { objects: 7 }, { objects: 100 })),
      );
      const sum = taken.reduce((all, each) => all + (each.kind === 'taken' ? (each.amount.objects ?? 0) : 0), 0);
      expect(sum).toBe(100);
    });

    it('is less than one object needs from the start, and refused at once', async () => {
      expect(await open().take('small', { bytes: 11 }, { bytes: 11 }, { bytes: 10 })).toEqual({
        kind: 'spent',
        of: 'bytes',
      });
    });
  });

  describe(`Places for a cause in ${name}`, () => {
    it('are given up to the limit, and no more', async () => {
      expect(await open().reserve('places', 'SlowDown', 6, 10)).toBe(6);
      expect(await open().reserve('places', 'SlowDown', 6, 10)).toBe(4);
      expect(await open().reserve('places', 'SlowDown', 6, 10)).toBe(0);
      expect(await open().reserve('places', 'SlowDown', 1, 10)).toBe(0);
    });

    it('are each given once, however many ask at once', async () => {
      const given = await Promise.all(Array.from({ length: 20 }, () => open().reserve('race', 'SlowDown', 7, 100)));
      expect(given.reduce((sum, places) => sum + places, 0)).toBe(100);
    });

    it('belong to one cause of one run', async () => {
      await open().reserve('causes', 'SlowDown', 10, 10);
      expect(await open().reserve('causes', 'AccessDenied', 1, 10)).toBe(1);
      expect(await open().reserve('causes-2', 'SlowDown', 1, 10)).toBe(1);
    });
  });

  describe(`Counters in ${name}`, () => {
    it('add up over all workers', async () => {
      await Promise.all(Array.from({ length: 10 }, () => open().count('sum', 100, new Map([['SlowDown', 3]]))));
      const sums = await open().count('sum', 0, new Map([['Access Denied#1', 2]]));
      expect(sums.attempts).toBe(1_000);
      expect(Object.fromEntries(sums.failures)).toEqual({ 'Access Denied#1': 2, SlowDown: 30 });
    });

    it('are each a run’s own, and no failures', async () => {
      await open().count('own', 5, new Map([['SlowDown', 1]]));
      await open().reserve('own', 'SlowDown', 1, 10);
      await open().stop('own', 'SlowDown');
      expect((await open().count('own-2', 1, new Map())).attempts).toBe(1);
      expect(await keysOf(open().ofRun('own'))).toEqual([]);
    });
  });

  describe(`The sign to stop in ${name}`, () => {
    it('is seen by every worker of the run, and no other', async () => {
      expect(await open().stopCause('stop')).toBeUndefined();
      await open().stop('stop', 'AccessDenied');
      expect(await open().stopCause('stop')).toBe('AccessDenied');
      expect(await open().stopCause('stop-2')).toBeUndefined();
    });

    it('keeps the first cause', async () => {
      await open().stop('stop-once', 'AccessDenied');
      await open().stop('stop-once', 'SlowDown');
      expect(await open().stopCause('stop-once')).toBe('AccessDenied');
    });
  });
}

function itemOf(runId: string, key: string, chunk = '0-0'): Failure {
  return {
    pk: runId,
    sk: `sha-of-${key}`,
    runCause: `${runId}#AccessDenied`,
    runChunk: `${runId}#${chunk}`,
    key,
    cause: 'AccessDenied',
    message: 'Access Denied',
    remedy: 'Allow it.',
    attempts: 1,
    pass: 1,
    chunk,
    firstSeen: '2026-01-31T00:00:00.000Z',
    lastSeen: '2026-01-31T00:00:00.000Z',
    status: 'open',
    expiresAt: 1_777_000_000,
  };
}

async function keysOf(items: AsyncIterable<Failure>): Promise<(string | undefined)[]> {
  return (await collect(items)).map(({ key }) => key);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
