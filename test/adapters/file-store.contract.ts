import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { FileStore } from '../../core/ports.js';
import { compareKeys } from '../../core/keys.js';

const MIB = 1024 * 1024;
const HOSTILE = [
  'a b',
  'a+b',
  '100%',
  'a/../b',
  '//',
  '/lead',
  'folder/',
  'line\nbreak',
  '"&<>\'',
  '😀',
  '\uFFFF',
  '\u2028',
  '-rf',
  '?x=y',
  '#',
];

/** What every file store does, whatever keeps the files. `fill` puts many small files there at once, in whatever way is quickest. */
export function fileStoreContract(name: string, open: () => FileStore, fill: (keys: string[]) => void): void {
  describe(`Files in ${name}`, () => {
    it('are read as they were written, bytes or text, also none', async () => {
      for (const [key, body] of [
        ['text', 'häagen'],
        ['bytes', Buffer.of(0, 255, 10)],
        ['none', Buffer.of()],
      ] as const) {
        await open().write(key, body);
        expect((await open().read(key))?.body).toEqual(Buffer.from(body));
      }
    });

    it('are undefined where there is none', async () => {
      expect(await open().read('nowhere')).toBeUndefined();
      expect(await open().stream('nowhere')).toBeUndefined();
    });

    it('have another version when they have changed, and the same while they have not', async () => {
      await open().write('version', 'one');
      const first = await open().read('version');
      expect((await open().read('version'))?.version).toBe(first?.version);
      await open().write('version', 'two');
      expect((await open().read('version'))?.version).not.toBe(first?.version);
    });

    it.each([
      [0, 3, 'abc'],
      [4, 1, 'e'],
      [9, 1, 'j'],
      [0, 10, 'abcdefghij'],
    ])('are read in parts: from %d, %d bytes', async (offset, length, expected) => {
      await open().write('range', 'abcdefghij');
      expect((await open().readRange('range', offset, length)).toString()).toBe(expected);
    });

    it('are streamed with their size', async () => {
      const body = Buffer.alloc(3 * MIB, 'streamed');
      await open().write('stream', body);
      const file = await open().stream('stream');
      expect(file?.size).toBe(body.length);
      expect(file && (await buffer(file.body)).equals(body)).toBe(true);
    });

    it('are told of by size and version, without being read', async () => {
      await open().write('stat', 'abcde');
      expect(await open().stat('stat')).toEqual({ size: 5, version: (await open().read('stat'))?.version });
      expect(await open().stat('nowhere')).toBeUndefined();
    });

    it.each([
      [0, 3, 'abc'],
      [3, 10, 'defghij'],
      [9, 10, 'j'],
    ])('are streamed in parts as long as they are at a version: %d to %d', async (from, to, expected) => {
      await open().write('part', 'abcdefghij');
      const { version = '' } = (await open().stat('part')) ?? {};
      const body = await open().streamRange('part', { from, to }, version);
      expect(body && (await buffer(body)).toString()).toBe(expected);
    });

    it('are not streamed at a version that they do not have any more', async () => {
      await open().write('gone', 'one');
      const { version = '' } = (await open().stat('gone')) ?? {};
      await open().write('gone', 'two');
      expect(await open().streamRange('gone', { from: 0, to: 1 }, version)).toBeUndefined();
      await open().remove('gone');
      expect(await open().streamRange('gone', { from: 0, to: 1 }, version)).toBeUndefined();
    });

    it('are kept under any key', async () => {
      for (const key of HOSTILE) await open().write(`hostile/${key}`, key);
      for (const key of HOSTILE) expect((await open().read(`hostile/${key}`))?.body.toString()).toBe(key);
      expect(await collect(open().list('hostile/'))).toEqual(
        HOSTILE.map((key) => `hostile/${key}`).toSorted(compareKeys),
      );
    });

    it('are listed in UTF-8 byte order, those under the prefix only', async () => {
      const keys = Array.from({ length: 1_050 }, (_, index) => `many/${index}`);
      fill(['many', ...keys, 'many0']);
      expect(await collect(open().list('many/'))).toEqual(keys.toSorted(compareKeys));
      expect(await collect(open().list('many/104'))).toHaveLength(11);
      expect(await collect(open().list('nowhere/'))).toEqual([]);
    });

    it('are grouped in folders one level under a prefix, by their whole names', async () => {
      for (const key of ['f/2026-01-31T00-00Z/a', 'f/2026-01-31T00-00Z/b/c', 'f/data/x', 'f/file', 'f/é è/x', 'g/x'])
        await open().write(key, 'x');
      expect(await collect(open().folders('f/'))).toEqual(['f/2026-01-31T00-00Z/', 'f/data/', 'f/é è/']);
    });
  });

  describe(`A file in ${name} that is written on a condition`, () => {
    it('is written where there was none, and only then', async () => {
      expect(await open().writeIf('if/none', 'first', undefined)).toBe(true);
      expect(await open().writeIf('if/none', 'second', undefined)).toBe(false);
      expect((await open().read('if/none'))?.body.toString()).toBe('first');
    });

    it('is written where it is still as it was read, and only then', async () => {
      await open().write('if/same', 'first');
      const version = (await open().read('if/same'))?.version;
      expect(await open().writeIf('if/same', 'second', version)).toBe(true);
      expect(await open().writeIf('if/same', 'third', version)).toBe(false);
      expect((await open().read('if/same'))?.body.toString()).toBe('second');
    });

    it('is not written where what was read is gone', async () => {
      expect(await open().writeIf('if/gone', 'x', 'some-version')).toBe(false);
      expect(await open().read('if/gone')).toBeUndefined();
    });

    it('is written by one of many that come at once', async () => {
      const written = await Promise.all(
        [1, 2, 3, 4, 5].map((each) => open().writeIf('if/race', String(each), undefined)),
      );
      expect(written.filter(Boolean)).toHaveLength(1);
      expect((await open().read('if/race'))?.body.toString()).toBe(String(written.indexOf(true) + 1));
    });
  });

  describe(`A file in ${name} that is written bit by bit`, () => {
    it.each([
      ['in one piece', [5]],
      ['in many small pieces', Array.from({ length: 500 }, () => 100)],
      ['in pieces larger than a part', [9 * MIB, MIB]],
      ['with an empty piece among others', [3, 0, 3]],
      ['empty', []],
    ])('is there whole when it is closed, and not before: %s', async (how, sizes) => {
      const key = `written/${how}`;
      const writer = open().writer(key);
      const pieces = sizes.map((size, index) => Buffer.alloc(size, index + 1));
      for (const piece of pieces) await writer.write(piece);
      expect(await open().read(key)).toBeUndefined();
      await writer.close();
      expect((await open().read(key))?.body.equals(Buffer.concat(pieces))).toBe(true);
    });

    it.each([
      ['before anything was written', []],
      ['after a little', [5]],
      ['after its first part', [9 * MIB, MIB]],
    ])('is not there, nor any of it, when it is given up: %s', async (when, sizes) => {
      const key = `aborted/${when}`;
      const writer = open().writer(key);
      for (const size of sizes) await writer.write(Buffer.alloc(size));
      await writer.abort();
      await writer.abort();
      expect(await open().read(key)).toBeUndefined();
    });

    it('replaces what was there only when it is closed', async () => {
      await open().write('written/replaced', 'old');
      const given = open().writer('written/replaced');
      await given.write(Buffer.from('given up'));
      await given.abort();
      expect((await open().read('written/replaced'))?.body.toString()).toBe('old');
      const closed = open().writer('written/replaced');
      await closed.write(Buffer.from('new'));
      await closed.close();
      await closed.abort();
      expect((await open().read('written/replaced'))?.body.toString()).toBe('new');
    });
  });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
