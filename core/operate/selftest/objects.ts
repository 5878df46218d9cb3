import type { OwnObject } from '../own-prefix.js';

/** What the self-test writes: keys that break tools, an empty object, and one that has all that an object can carry. */
export const selfTestObjects: readonly OwnObject[] = [
  plain('plain.txt'),
  plain('with space/and more.txt'),
  plain('plus+sign.txt'),
  plain('unicode/Zażółć gęślą jaźń 🪣.txt'),
  plain('=1+1.csv'),
  plain('percent%2F100%.txt'),
  { ...plain('empty'), body: Buffer.alloc(0) },
  {
    ...plain('described.json'),
    body: Buffer.from('{"written": "by the self-test of s3-backfill"}\n'),
    contentType: 'application/json',
    metadata: { 'written-by': 's3-backfill-selftest', note: 'a = b; c' },
    tags: { purpose: 's3-backfill self-test', 'may be deleted': 'yes' },
  },
];

/** The manifest names it, and it was never there: it has to come out as gone. */
export const GONE = 'never written.txt';

function plain(name: string): OwnObject {
  const body = Buffer.from(`${name}, written by the self-test of s3-backfill; it may be deleted.\n`);
  return { name, body, contentType: 'text/plain; charset=utf-8', metadata: {}, tags: {} };
}
