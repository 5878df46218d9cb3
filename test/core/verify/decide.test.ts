import { describe, expect, it } from '@jest/globals';
import { decide, waitBefore, waitForRestore, type Standing } from '../../../core/verify/decide.js';

describe('After a pass', () => {
  it.each<[string, Partial<Standing>, string, RegExp]>([
    ['nothing is owed', { owed: 0 }, 'done', /Every expected row is settled/],
    ['nothing is owed after the last pass', { owed: 0, pass: 5 }, 'done', /settled/],
    ['nothing is owed though a worker said stop', { owed: 0, stopCause: 'AccessDenied' }, 'done', /settled/],
    ['a dry run has compared', { dryRun: true, owed: 7 }, 'done', /dry run/],
    ['fewer rows are owed', { owed: 9 }, 'again', /9 rows are owed; before this pass 10 were/],
    ['as many rows are owed', { owed: 10 }, 'giveUp', /No progress: 10 rows/],
    [
      'as many rows are owed, one of them for a cause that passes',
      { owed: 10, causes: ['AccessDenied', 'SlowDown'] },
      'again',
      /SlowDown will pass/,
    ],
    [
      'all causes pass, but the passes are spent',
      { owed: 10, causes: ['SlowDown'], pass: 5 },
      'giveUp',
      /maxPasses .* are spent: 5/,
    ],
    ['as many rows are owed, and uploads are under way', { owed: 10, isUploading: true }, 'again', /10 rows are owed/],
    ['rows wait for a restore', { owed: 10, restoring: 4 }, 'wait', /4 of 10 owed rows wait/],
    ['rows wait for a restore and the passes are spent', { owed: 10, restoring: 4, pass: 5 }, 'wait', /wait for S3/],
    ['waiting spent no pass', { owed: 9, pass: 30, waits: 26 }, 'again', /9 rows are owed/],
    ['rows have waited for eight days', { owed: 10, restoring: 4, pass: 202, waits: 200 }, 'giveUp', /No progress/],
    ['rows wait for a restore and a worker said stop', { owed: 10, restoring: 4, stopCause: 'X' }, 'giveUp', /Stopped/],
    ['more rows are owed', { owed: 11 }, 'giveUp', /No progress/],
    ['fewer rows are owed and the passes are spent', { owed: 9, pass: 5 }, 'giveUp', /maxPasses .* are spent: 5\.$/],
    ['nothing is copied, and all was compared', { copies: false, owed: 4, causes: ['Missing'] }, 'giveUp', /compared/],
    [
      'nothing is copied, and rows were not looked at',
      { copies: false, owed: 4, causes: ['Missing', 'NotAttempted'] },
      'again',
      /4 rows are owed/,
    ],
    [
      'a fence was reached',
      { owed: 9, fence: 'maxObjects was reached: 7 objects' },
      'giveUp',
      /^Stopped by a fence: max/,
    ],
    ['a fence was reached, and rows wait for a restore', { owed: 9, fence: 'x', restoring: 4 }, 'giveUp', /fence/],
    ['a fence was reached, and nothing is owed', { owed: 0, fence: 'x' }, 'done', /settled/],
    ['a fence was reached in a dry run', { dryRun: true, owed: 9, fence: 'x' }, 'giveUp', /fence/],
    ['the only pass is spent', { owed: 9, pass: 1, maxPasses: 1 }, 'giveUp', /maxPasses .* are spent: 1\.$/],
    [
      'fewer rows are owed and a worker said stop',
      { owed: 9, stopCause: 'AccessDenied' },
      'giveUp',
      /Stopped early: .* AccessDenied/,
    ],
  ])('%s', (_, standing, decision, why) => {
    const full = {
      dryRun: false,
      copies: true,
      pass: 2,
      maxPasses: 5,
      owedBefore: 10,
      owed: 0,
      stopCause: undefined,
      fence: undefined,
      causes: [],
      isUploading: false,
      restoring: 0,
      waits: 0,
      ...standing,
    };
    expect(decide(full)).toEqual({ decision, why: expect.stringMatching(why) });
  });

  it('S3 is asked about restores by how long its tier takes', () => {
    expect((['Bulk', 'Standard', 'Expedited'] as const).map(waitForRestore)).toEqual([3600, 1800, 60]);
  });

  it('the next one waits longer each time, five minutes at most', () => {
    expect([2, 3, 4, 5, 6, 7, 100].map(waitBefore)).toEqual([3, 9, 27, 81, 243, 300, 300]);
  });
});
