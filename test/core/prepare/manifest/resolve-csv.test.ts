import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../../contracts/run-request.js';
import { resolveManifest } from '../../../../core/prepare/manifest/resolve-manifest.js';
import { requestOf } from '../../support/rows.js';
import { INVENTORY, SOURCE, WORK, at, useStorage } from '../../support/storage.js';

const RUN = { id: 'run', pair: 'demo', startedAt: 0 };

const storage = useStorage();

describe('A list is resolved', () => {
  it('to its columns, its version and pieces of it', async () => {
    const text = `${SOURCE},a\n${SOURCE},b\n`;
    expect(await resolve('pieces', text, { pieceBytes: 10 })).toEqual({
      manifest: {
        kind: 'csv',
        bucket: INVENTORY,
        key: 'lists/pieces',
        version: `"${storage().s3.getObject(INVENTORY, 'lists/pieces')?.etag}"`,
        size: 18,
        columns: ['Bucket', 'Key'],
      },
      files: [
        { file: 0, range: { from: 0, to: 10 } },
        { file: 1, range: { from: 10, to: 18 } },
      ],
    });
  });

  it('without its header, which is no row', async () => {
    const text = '"bucket","key","etag","size"\n"photos","a","x","1"\n';
    expect(await resolve('header', text)).toMatchObject({
      manifest: { columns: ['Bucket', 'Key', 'ETag', 'Size'] },
      files: [{ file: 0, range: { from: 29, to: text.length } }],
    });
  });

  it.each([
    ['nothing at all', ''],
    ['a header', 'bucket,key,size,etag'],
    ['a header and a newline', 'bucket,key,size,etag\n'],
    ['a byte order mark', '\uFEFF'],
  ])('to one line that names no rows, since a Map reads no empty file: %s', async (name, text) => {
    expect((await resolve(`none-${name.length}`, text)).files).toEqual([{ file: 0 }]);
  });

  it('by a look at its beginning, however large it is', async () => {
    storage().s3.putObject(INVENTORY, 'lists/large', { zeros: 3 * 1024 * 1024 * 1024 });
    let bytes = 0;
    const stop = storage().onRequest((request) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(String(request.headers.range)) ?? [];
      bytes += from === undefined ? 0 : Number(to) - Number(from) + 1;
    });
    const resolving = resolveManifest(
      storage().ports,
      requestOf({ manifest: { csv: `s3://${INVENTORY}/lists/large` } }),
      at,
      RUN,
    );
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestCorrupt' });
    stop();
    expect(bytes).toBeLessThan(1024 * 1024);
  });

  it('where it lies in the work bucket, too', async () => {
    storage().s3.putObject(WORK, 'manifests/a.csv', Buffer.from(`${SOURCE},a\n`));
    const request = requestOf({ manifest: { csv: `s3://${WORK}/manifests/a.csv` } });
    expect((await resolveManifest(storage().ports, request, at, RUN)).files).toHaveLength(1);
  });
});

describe('A list is refused by name', () => {
  it.each<[string, Buffer, RegExp]>([
    ['gzip', Buffer.of(0x1f, 0x8b, 8, 0), /expected a CSV file, found gzip. Unpack it/],
    ['Zstandard', Buffer.of(0x28, 0xb5, 0x2f, 0xfd), /found Zstandard. Unpack it/],
    ['a ZIP archive', Buffer.from('PK\x03\x04'), /found a ZIP archive. Unpack it/],
    ['Parquet', Buffer.from('PAR1'), /found Parquet. Name the manifest.json/],
    ['ORC', Buffer.from('ORC'), /found ORC/],
    ['UTF-16', Buffer.from('\uFEFFphotos,a', 'utf16le'), /found UTF-16. Save it as UTF-8/],
    ['four columns without a header', Buffer.from('photos,a,1,2\n'), /Add a header/],
    ['one column', Buffer.from('a\n'), /found 1 column without one/],
  ])('ManifestUnsupported: %s', async (name, body, message) => {
    const resolving = resolve(`other-${name.replaceAll(' ', '-')}`, body);
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestUnsupported' });
    await expect(resolving).rejects.toThrow(message);
  });

  it.each<[string, Partial<RunRequestInput>, RegExp]>([
    ['all versions, whose order it does not know', { versions: 'all' }, /expects an inventory of all versions/],
    [
      'sizes that it does not have',
      { minSize: 1 },
      /minSize and maxSize: expected the columns Size; Size is missing. Put them into the file/,
    ],
    ['times that it does not have', { modifiedAfter: '2026-01-01' }, /LastModifiedDate is missing/],
    ['classes that it does not have', { storageClasses: ['STANDARD'] }, /StorageClass is missing/],
  ])('ManifestUnsupported: %s', async (name, request, message) => {
    const resolving = resolve(`needs-${name.length}`, `${SOURCE},a\n`, { request });
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestUnsupported' });
    await expect(resolving).rejects.toThrow(message);
  });

  it('ManifestNotFound: there is none, or no bucket, or it may not be read', async () => {
    for (const csv of [`s3://${INVENTORY}/lists/nowhere`, 's3://no-such-bucket/a.csv'])
      await expect(resolveManifest(storage().ports, requestOf({ manifest: { csv } }), at, RUN)).rejects.toMatchObject({
        name: 'ManifestNotFound',
      });
    storage().s3.faults.add({ operation: 'HeadObject', key: 'lists/denied', effect: { error: 'AccessDenied' } });
    const resolving = resolve('denied', 'photos,a\n');
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestNotFound' });
    await expect(resolving).rejects.toThrow(/AccessDenied.*s3:GetObject/s);
  });

  it('but a storage that does not answer is tried again', async () => {
    storage().s3.faults.add({ operation: 'HeadObject', key: 'lists/slow', effect: { error: 'SlowDown' } });
    await expect(resolve('slow', 'photos,a\n')).rejects.toMatchObject({ name: 'SlowDown' });
  });
});

function resolve(
  name: string,
  body: string | Buffer,
  { request = {}, pieceBytes }: { request?: Partial<RunRequestInput>; pieceBytes?: number } = {},
) {
  storage().s3.putObject(INVENTORY, `lists/${name}`, Buffer.from(body));
  const input = requestOf({ ...request, manifest: { csv: `s3://${INVENTORY}/lists/${name}` } });
  return resolveManifest(storage().ports, input, at, RUN, pieceBytes);
}
