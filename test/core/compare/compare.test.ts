import { describe, expect, it } from '@jest/globals';
import { compare, type Comparison } from '../../../core/compare/compare.js';

const AT = Date.UTC(2026, 0, 31);
const SINGLE = '5d41402abc4b2a76b9719d911017c592';
const OTHER = '7d793037a0760186574b0282f2f435e7';

/** The listed ETag comes back with a difference, so that the object is replaced only as it was seen. */
const DIFFERS = 'differs';
const BY_ETAG = 'identical, etag';
const BY_TIME = 'identical, sizeAndTime';

interface Case {
  size?: number;
  etag?: string;
  /** Milliseconds that the destination is younger than the source. */
  younger?: number;
  source?: string;
  encryption?: string;
  comparable?: boolean;
}

describe('A destination object is compared with the inventory', () => {
  it.each<[string, Case, string]>([
    // | there | differ | | differs |
    ['another size', { size: 6 }, DIFFERS],
    ['another size under the same ETag', { size: 6, etag: SINGLE }, DIFFERS],
    ['another size, younger', { size: 6, etag: OTHER, younger: 1000 }, DIFFERS],
    ['another size, ETags opaque', { size: 6, comparable: false }, DIFFERS],

    // | there | equal | equal | identical, `etag` |
    ['equal size and ETag', {}, BY_ETAG],
    ['equal size and ETag, older than the source', { younger: -1000 }, BY_ETAG],
    ['equal size and ETag, in parts', { source: `${SINGLE}-3`, etag: `${SINGLE}-3` }, BY_ETAG],
    ['equal size and ETag under KMS', { encryption: 'SSE-KMS', comparable: false }, BY_ETAG],

    // | there | equal | differ, both comparable | differs |
    ['another ETag', { etag: OTHER }, DIFFERS],
    ['another ETag, younger than the source', { etag: OTHER, younger: 1000 }, DIFFERS],
    ['another ETag in as many parts', { source: `${SINGLE}-3`, etag: `${OTHER}-3` }, DIFFERS],
    ['another ETag, encryption not told', { etag: OTHER, encryption: '' }, DIFFERS],
    ['another ETag, not encrypted', { etag: OTHER, encryption: 'NOT-SSE' }, DIFFERS],

    // | there | equal | differ, not comparable | not older than the source → identical, `sizeAndTime`; older → differs |
    ['KMS on the source, younger', { etag: OTHER, encryption: 'SSE-KMS', younger: 1000 }, BY_TIME],
    ['KMS on the source, as old', { etag: OTHER, encryption: 'SSE-KMS' }, BY_TIME],
    ['KMS on the source, older', { etag: OTHER, encryption: 'SSE-KMS', younger: -1 }, DIFFERS],
    ['double KMS on the source', { etag: OTHER, encryption: 'DSSE-KMS' }, BY_TIME],
    ['a customer’s key on the source', { etag: OTHER, encryption: 'SSE-C' }, BY_TIME],
    ['KMS as a bucket’s default', { etag: OTHER, comparable: false }, BY_TIME],
    ['KMS as a bucket’s default, older', { etag: OTHER, comparable: false, younger: -1 }, DIFFERS],
    ['in parts at the source only', { source: `${SINGLE}-3` }, BY_TIME],
    ['in parts at the destination only', { etag: `${SINGLE}-3` }, BY_TIME],
    ['in parts at the source only, older', { source: `${SINGLE}-3`, younger: -1 }, DIFFERS],
    ['in another number of parts', { source: `${SINGLE}-3`, etag: `${OTHER}-30` }, BY_TIME],
  ])(
    '%s',
    (
      _,
      { size = 5, etag = SINGLE, younger = 0, source = SINGLE, encryption = 'SSE-S3', comparable = true },
      expected,
    ) => {
      const listed = { key: 'a', size, etag, lastModified: AT + younger };
      const answer = compare({ size: 5, etag: source, lastModified: AT, encryption }, listed, comparable);
      expect(wordsOf(answer)).toBe(expected);
      if (answer.kind === 'differs') expect(answer.etag).toBe(etag);
    },
  );

  it('nothing is there: missing', () => {
    const source = { size: 0, etag: SINGLE, lastModified: AT, encryption: '' };
    expect(compare(source, undefined, true)).toEqual({ kind: 'missing' });
  });
});

function wordsOf(answer: Comparison): string {
  return answer.kind === 'identical' ? `identical, ${answer.evidence}` : answer.kind;
}
