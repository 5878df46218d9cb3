import { describe, expect, it } from '@jest/globals';
import { chooseMethod, type Method, type ToCopy } from '../../../core/copy/choose-method.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const SINGLE = '5d41402abc4b2a76b9719d911017c592';
const MULTI = `${SINGLE}-3`;
const KEPT = [8 * MIB, 8 * MIB, MIB];
/** As other servers may have them. */
const TOO_SMALL = [MIB, MIB, MIB];

type Request = Parameters<typeof chooseMethod>[1];

describe('An object is copied by the method that fits it', () => {
  it.each<[string, Partial<ToCopy>, Partial<Request>, string]>([
    // | archived, `archived: "restore"` | RestoreObject and wait |
    ['archived, to be restored', { archive: 'archived' }, { archived: 'restore' }, 'restore'],
    ['being restored, to be restored', { archive: 'restoring' }, { archived: 'restore' }, 'restore'],
    ['archived in parts, to be restored', { archive: 'archived', etag: MULTI }, { archived: 'restore' }, 'restore'],

    // | archived, `archived: "skip"` | outcome `archived` |
    ['archived', { archive: 'archived' }, {}, 'archived'],
    ['being restored by somebody else', { archive: 'restoring' }, {}, 'archived'],

    // | single-part ETag, ≤ 5 GiB | CopyObject |
    ['small', {}, {}, 'whole'],
    ['empty', { size: 0 }, {}, 'whole'],
    ['as large as CopyObject takes', { size: 5 * GIB }, {}, 'whole'],
    ['restored', { archive: 'restored' }, {}, 'whole'],

    // | multipart ETag, ≤ 5 GiB, `multipart: "single"`, or in parts that no upload may have | CopyObject |
    ['in parts, single asked for', { etag: MULTI }, { multipart: 'single' }, 'whole'],
    ['in parts that no upload may have', { etag: MULTI, parts: TOO_SMALL }, {}, 'whole'],

    // | multipart ETag | UploadPartCopy, in the source's own parts |
    ['in parts that are not known yet', { etag: MULTI }, {}, 'ask parts'],
    ['in parts', { etag: MULTI, parts: KEPT }, {}, 'parts 8,8,1'],
    ['in one part', { etag: `${SINGLE}-1`, parts: [MIB] }, {}, 'parts 1'],
    ['in parts, large', { etag: MULTI, size: 6 * GIB, parts: [3 * GIB, 3 * GIB] }, {}, 'parts 3072,3072'],
    [
      'in parts, large, single asked for: CopyObject takes no more than 5 GiB',
      { etag: MULTI, size: 6 * GIB, parts: [3 * GIB, 3 * GIB] },
      { multipart: 'single' },
      'parts 3072,3072',
    ],

    // | > 5 GiB, in no parts that can be kept | UploadPartCopy, in equal parts |
    ['large, in one piece', { size: 5 * GIB + 1 }, {}, 'parts 21 equal'],
    ['large, in parts that no upload may have', { etag: MULTI, size: 6 * GIB, parts: TOO_SMALL }, {}, 'parts 24 equal'],
  ])('%s', (_, object, request, expected) => {
    const method = chooseMethod(
      { size: 17 * MIB, etag: SINGLE, archive: 'none', parts: undefined, ...object },
      { archived: 'skip', multipart: 'keep', ...request },
    );
    expect(wordsOf(method)).toBe(expected);
  });
});

function wordsOf(method: Method): string {
  if (method.kind === 'ask') return `ask ${method.what}`;
  if (method.kind !== 'parts') return method.kind;
  const { sizes } = method;
  return sizes.length > 4 ? `parts ${sizes.length} equal` : `parts ${sizes.map((size) => size / MIB).join(',')}`;
}
