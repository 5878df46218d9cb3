import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { Scratch } from '../../core/ports.js';

/** What all scratch room does, wherever it is. */
export function scratchContract(name: string, open: () => Scratch): void {
  describe(`Scratch files in ${name}`, () => {
    it('are read as they were written', async () => {
      const scratch = open();
      const file = await scratch.file();
      for (const text of ['one ', '', 'two ', 'three']) await file.write(Buffer.from(text));
      await file.close();
      expect((await buffer(file.read())).toString()).toBe('one two three');
      await scratch.clear();
    });

    it('may be empty, or large', async () => {
      const scratch = open();
      for (const size of [0, 20_000_000]) {
        const file = await scratch.file();
        await file.write(Buffer.alloc(size, 'x'));
        await file.close();
        expect(await buffer(file.read())).toHaveLength(size);
      }
      await scratch.clear();
    });

    it('are read in parts, in any order, and no further than they go', async () => {
      const scratch = open();
      const file = await scratch.file();
      await file.write(Buffer.from('abcdefghij'));
      await file.close();
      for (const [offset, length, text] of [
        [4, 3, 'efg'],
        [0, 10, 'abcdefghij'],
        [9, 5, 'j'],
        [10, 5, ''],
        [0, 0, ''],
      ] as const)
        expect((await file.readAt(offset, length)).toString()).toBe(text);
      await scratch.clear();
      await expect(file.readAt(0, 1)).rejects.toThrow();
    });

    it('are many at once, each its own', async () => {
      const [first, second] = [open(), open()];
      const files = await Promise.all([first, second, first, second, first].map((scratch) => scratch.file()));
      for (const [index, file] of files.entries()) {
        await file.write(Buffer.from(String(index)));
        await file.close();
      }
      const read = await Promise.all(files.map((file) => buffer(file.read())));
      expect(read.map(String)).toEqual(['0', '1', '2', '3', '4']);
      await first.clear();
      await second.clear();
    });

    it('are gone when it is cleared, and those of others are not', async () => {
      const [cleared, kept] = [open(), open()];
      const [gone, there] = [await cleared.file(), await kept.file()];
      await gone.close();
      await there.write(Buffer.from('there'));
      await there.close();
      await cleared.clear();
      await expect(buffer(gone.read())).rejects.toThrow('ENOENT');
      expect((await buffer(there.read())).toString()).toBe('there');
      await kept.clear();
    });

    it('cost nothing where none was asked for, and may be cleared twice', async () => {
      const scratch = open();
      await scratch.clear();
      await scratch.clear();
    });
  });
}
