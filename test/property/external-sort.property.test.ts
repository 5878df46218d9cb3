import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { temporaryScratch } from '../../adapters/scratch.js';
import { externalSort } from '../../core/external-sort.js';
import { compareKeys } from '../../core/keys.js';
import type { Scratch } from '../../core/ports.js';
import { anyKey } from './keys.js';

interface Item {
  key: string;
  /** Where it was: tells items of one key apart. */
  at: number;
}

describe('Sorting in bounded memory', () => {
  it('puts any items in the order that sorting them at once would, those of one key as they came', async () => {
    const keys = fc.array(anyKey, { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(keys, fc.integer({ min: 1, max: 40 }), async (keys, memory) => {
        const items = keys.map((key, at) => ({ key, at }));
        const { sorted, scratch } = await sort(items, { memory });
        await scratch.clear();
        expect(sorted).toEqual(items.toSorted((a, b) => compareKeys(a.key, b.key)));
      }),
      { numRuns: 120 },
    );
  });

  it('needs no scratch for what fits', async () => {
    const { scratch, files } = await sort(itemsOf('b', 'a'), { memory: 1_000 });
    expect(files).toBe(0);
    expect(await scratch.files()).toEqual([]);
  });

  it('puts what does not fit in scratch files, one for each time that memory is full', async () => {
    const { files, scratch } = await sort(itemsOf(...Array.from({ length: 100 }, (_, index) => String(index))), {
      memory: 10,
    });
    await scratch.clear();
    expect(files).toBe(10);
  });

  it('leaves no scratch behind when it is cleared', async () => {
    const { scratch } = await sort(itemsOf('c', 'b', 'a'), { memory: 1 });
    expect(await scratch.files()).toHaveLength(3);
    await scratch.clear();
    expect(await scratch.files()).toEqual([]);
  });

  it('closes its scratch files also when the reader leaves early', async () => {
    const opened: Readable[] = [];
    const scratch = watchedScratch(opened);
    // Four files of more than a stream reads ahead.
    const noise = Array.from({ length: 12_000 }, (_, at) => ({ key: randomBytes(32).toString('hex'), at }));
    for await (const item of externalSort(Readable.from(noise), optionsOf(3_000, scratch))) {
      expect(item.key < '1').toBe(true);
      break;
    }
    expect(opened).toHaveLength(4);
    for (const stream of opened) if (!stream.closed) await new Promise((closed) => stream.once('close', closed));
    await scratch.clear();
  }, 5_000);

  it('ends with the error of what it reads, and of a scratch file that was damaged', async () => {
    const failing = async function* () {
      yield* itemsOf('a');
      await Promise.resolve();
      throw new Error('the download broke');
    };
    const scratch = temporaryScratch();
    await expect(collect(externalSort(failing(), optionsOf(1, scratch)))).rejects.toThrow('the download broke');

    const damaged: Scratch = {
      ...scratch,
      file: async () => ({ ...(await scratch.file()), read: () => Readable.from([Buffer.from('no gzip')]) }),
    };
    await expect(collect(externalSort(Readable.from(itemsOf('a', 'b')), optionsOf(1, damaged)))).rejects.toThrow(
      'incorrect header',
    );
    await scratch.clear();
  });
});

function itemsOf(...keys: string[]): Item[] {
  return keys.map((key, at) => ({ key, at }));
}

function optionsOf(memory: number, scratch: Scratch): Parameters<typeof externalSort<Item>>[1] {
  return {
    compare: (a, b) => compareKeys(a.key, b.key),
    encode: JSON.stringify,
    decode: (line) => JSON.parse(line) as Item,
    weigh: () => 1,
    memory,
    scratch,
  };
}

async function sort(items: Item[], { memory }: { memory: number }) {
  const scratch = watchedScratch();
  const sorted = await collect(externalSort(Readable.from(items), optionsOf(memory, scratch)));
  return { sorted, scratch, files: scratch.made() };
}

/** The real scratch, in whose folder the test can look. */
function watchedScratch(opened: Readable[] = []) {
  const scratch = temporaryScratch();
  let made = 0;
  let folder: string | undefined;
  return {
    made: () => made,
    files: async () => (folder && existsSync(folder) ? readdir(folder) : []),
    clear: () => scratch.clear(),
    file: async () => {
      made += 1;
      const file = await scratch.file();
      return {
        ...file,
        read: () => {
          const stream = file.read();
          folder = (stream as Readable & { path: string }).path.replace(/\/[^/]*$/, '');
          expect(folder.startsWith(tmpdir())).toBe(true);
          opened.push(stream);
          return stream;
        },
      };
    },
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
