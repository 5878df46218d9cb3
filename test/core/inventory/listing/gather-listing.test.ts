import { describe, expect, it } from '@jest/globals';
import type { KeySpan, ListedRange, ListingRange } from '../../../../contracts/listing.js';
import { inventoryManifest } from '../../../../contracts/manifest.js';
import { gatherListing } from '../../../../core/inventory/listing/gather-listing.js';
import { listingRun } from '../../support/listing.js';
import { writeResults } from '../../support/results.js';
import { linesOf, SOURCE, useStorage, WORK } from '../../support/storage.js';

const storage = useStorage();

describe('A round of a listing', () => {
  it('that leaves something is followed by one of it, in key order, with larger ranges', async () => {
    const { paths } = await listingRun(storage(), 'next');
    await writeRound('next', 1, [{ range: 0, rows: 20, rest: [{ after: 'b', until: 'm' }, { after: 'm' }] }]);
    expect(await gather('next', 1)).toEqual({ round: 2 });
    const ranges = await linesOf<ListingRange>(storage(), paths.ranges(2));
    expect(ranges).toMatchObject([
      { range: 0, after: 'b', until: 'm', pages: 200 },
      { range: 1, after: 'm', pages: 200 },
    ]);
    expect(await gather('next', 1)).toEqual({ round: 2 });
    expect(await linesOf(storage(), paths.ranges(2))).toEqual(ranges);
  });

  it('that leaves nothing ends the listing: a manifest of the files of all rounds, in key order, the checksum last', async () => {
    const { manifestKey, folder } = await listingRun(storage(), 'last');
    const file = (first: string) => ({
      key: `${folder}${SOURCE}/list/data/${first.codePointAt(0)}.csv.gz`,
      size: 100,
      md5: '0'.repeat(32),
      first,
    });
    await writeRound('last', 1, [{ range: 0, rows: 20, file: file('a'), rest: [{ after: 'b' }] }]);
    await writeRound('last', 2, [
      { range: 0, rows: 1, file: file('\uFFFF'), rest: [] },
      { range: 1, rows: 0, rest: [] },
      { range: 2, rows: 1, file: file('\u{10000}'), rest: [] },
      { range: 3, rows: 1, file: file('b'), rest: [] },
    ]);
    expect(await gather('last', 2)).toEqual({ round: 0 });
    const order = ['a', 'b', '\uFFFF', '\u{10000}'].map((first) => file(first).key);
    const manifest = inventoryManifest.parse(JSON.parse(bodyOf(manifestKey)));
    expect(manifest).toMatchObject({
      sourceBucket: SOURCE,
      destinationBucket: `arn:aws:s3:::${WORK}`,
      fileSchema: 'Bucket, Key, Size, LastModifiedDate, ETag, StorageClass',
    });
    expect(manifest.files.map(({ key }) => key)).toEqual(order);
    expect((await linesOf<{ key: string }>(storage(), 'runs/last/files.jsonl')).map(({ key }) => key)).toEqual(order);
    expect(bodyOf(manifestKey.replace('.json', '.checksum'))).toBe(storage().s3.getObject(WORK, manifestKey)?.etag);
  });

  it('over an empty source has one line that names no file, since a Map reads no empty file', async () => {
    await listingRun(storage(), 'none');
    await writeRound('none', 1, [{ range: 0, rows: 0, rest: [] }]);
    expect(await gather('none', 1)).toEqual({ round: 0 });
    expect(await linesOf(storage(), 'runs/none/files.jsonl')).toEqual([{ file: 0 }]);
  });

  it('fails by name where a child failed, with what it said and what to do', async () => {
    await listingRun(storage(), 'failed');
    await writeRound('failed', 1, [{ range: 0, rows: 0, rest: [] }]);
    const gathering = gather('failed', 1, [{ Name: 'x', Error: 'AccessDenied', Cause: 'no' }]);
    await expect(gathering).rejects.toMatchObject({ name: 'RunFileMissing' });
    await expect(gathering).rejects.toThrow(
      /was not listed; .*AccessDenied: no\. Look at .*ListRanges, then start again/,
    );
  });

  it('fails by name where a range neither answered nor failed', async () => {
    const { paths } = await listingRun(storage(), 'lost');
    await writeRound('lost', 1, [{ range: 0, rows: 0, rest: [] }]);
    await storage().ports.work.remove(paths.listed(1, 0));
    await expect(gather('lost', 1)).rejects.toMatchObject({ name: 'RunFileMissing' });
  });
});

async function writeRound(id: string, round: number, answers: ListedRange[]): Promise<void> {
  const { paths } = await listingRun(storage(), id);
  const { work } = storage().ports;
  const span: KeySpan = { after: '' };
  const lines = answers.map(({ range }) => JSON.stringify({ ...span, range, pages: 20, pieces: 1 }));
  await work.write(paths.ranges(round), lines.join('\n'));
  for (const answer of answers) await work.write(paths.listed(round, answer.range), JSON.stringify(answer));
}

async function gather(runId: string, round: number, failed: object[] = []) {
  const listed = await writeResults(storage(), `runs/${runId}/listing`, [{ range: 0, rows: 0 }], failed);
  return gatherListing(storage().ports, { runId, round, listed });
}

function bodyOf(key: string): string {
  return storage().s3.getObject(WORK, key)?.body.toString() ?? '';
}
