import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Row } from '../../../contracts/row.js';
import { scopeOf } from '../../../core/inventory/scope.js';
import { requestOf, rowOf } from '../support/rows.js';

const AT = Date.UTC(2026, 0, 31, 12);

describe('A row is counted', () => {
  it.each<[string, Partial<Row>, Partial<RunRequestInput>, string | undefined]>([
    ['as expected', {}, {}, undefined],
    ['as a delete marker', { isDeleteMarker: true }, {}, 'deleteMarkers'],
    ['as noncurrent', { isLatest: false }, {}, 'noncurrent'],
    ['as filtered', {}, { minSize: 6 }, 'filtered'],
    // The first reason that fits.
    ['as a delete marker before noncurrent', { isDeleteMarker: true, isLatest: false }, {}, 'deleteMarkers'],
    ['as a delete marker before filtered', { isDeleteMarker: true }, { minSize: 6 }, 'deleteMarkers'],
    ['as noncurrent before filtered', { isLatest: false }, { minSize: 6 }, 'noncurrent'],
  ])('%s', (_, record, request, reason) => {
    expect(reasonOf(record, request)).toBe(reason);
  });
});

describe('A filter keeps', () => {
  it.each<[string, Partial<Row>, Partial<RunRequestInput>, 'in' | 'out']>([
    ['a key under the source prefix', { key: 'photos/a' }, { source: { bucket: 'b01', prefix: 'photos/' } }, 'in'],
    ['the prefix itself', { key: 'photos/' }, { source: { bucket: 'b01', prefix: 'photos/' } }, 'in'],
    [
      'the prefix itself, of which nothing would be left at the destination',
      { key: 'photos/' },
      { source: { bucket: 'b01', prefix: 'photos/' }, destination: { bucket: 'b02', prefix: '' } },
      'out',
    ],
    ['no key beside it', { key: 'photos2/a' }, { source: { bucket: 'b01', prefix: 'photos/' } }, 'out'],
    ['a prefix is no folder', { key: 'photos2/a' }, { source: { bucket: 'b01', prefix: 'photos' } }, 'in'],

    ['what an include names', { key: 'a.jpg' }, { include: ['*.png', '*.jpg'] }, 'in'],
    ['nothing else', { key: 'a.gif' }, { include: ['*.png', '*.jpg'] }, 'out'],
    ['all but what an exclude names', { key: 'a.gif' }, { exclude: ['*.png', '*.jpg'] }, 'in'],
    ['not what an exclude names', { key: 'a.jpg' }, { exclude: ['*.png', '*.jpg'] }, 'out'],
    ['not what both name', { key: 'a.jpg' }, { include: ['*'], exclude: ['a*'] }, 'out'],
    [
      'globs on the decoded, whole key',
      { key: 'photos/a b' },
      { source: { bucket: 'b01', prefix: 'photos/' }, include: ['photos/a b'] },
      'in',
    ],

    ['an object as large as minSize', { size: 5 }, { minSize: 5 }, 'in'],
    ['none smaller', { size: 4 }, { minSize: 5 }, 'out'],
    ['an object as large as maxSize', { size: 5 }, { maxSize: 5 }, 'in'],
    ['none larger', { size: 6 }, { maxSize: 5 }, 'out'],
    ['only empty objects', { size: 0 }, { maxSize: 0 }, 'in'],

    ['an object modified at modifiedAfter', { lastModified: AT }, { modifiedAfter: '2026-01-31T12:00:00Z' }, 'in'],
    ['none before', { lastModified: AT - 1 }, { modifiedAfter: '2026-01-31T12:00:00Z' }, 'out'],
    ['none modified at modifiedBefore', { lastModified: AT }, { modifiedBefore: '2026-01-31T12:00:00Z' }, 'out'],
    ['one before', { lastModified: AT - 1 }, { modifiedBefore: '2026-01-31T12:00:00Z' }, 'in'],
    ['times in other zones', { lastModified: AT }, { modifiedAfter: '2026-01-31T13:00:00+01:00' }, 'in'],
    [
      'days, which begin at midnight UTC',
      { lastModified: Date.UTC(2026, 0, 31) },
      { modifiedAfter: '2026-01-31' },
      'in',
    ],
    ['and end before it', { lastModified: Date.UTC(2026, 0, 31) }, { modifiedBefore: '2026-01-31' }, 'out'],

    [
      'an object of a class that is named',
      { storageClass: 'GLACIER' },
      { storageClasses: ['STANDARD', 'GLACIER'] },
      'in',
    ],
    ['none of another', { storageClass: 'STANDARD_IA' }, { storageClasses: ['STANDARD'] }, 'out'],
    ['an object without a class as STANDARD', { storageClass: '' }, { storageClasses: ['STANDARD'] }, 'in'],
  ])('%s', (_, record, request, where) => {
    expect(reasonOf(record, request)).toBe(where === 'in' ? undefined : 'filtered');
  });
});

function reasonOf(record: Partial<Row>, request: Partial<RunRequestInput>) {
  return scopeOf(requestOf(request))({ ...rowOf('a'), ...record });
}
