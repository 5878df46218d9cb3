import { readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryScratch } from '../../adapters/scratch.js';
import { scratchContract } from './scratch.contract.js';

scratchContract('the machine’s temporary folder', temporaryScratch);

describe('The machine’s temporary folder', () => {
  it('holds scratch where nobody else can read it, under names that no key chose', async () => {
    const before = new Set(await readdir(tmpdir()));
    const scratch = temporaryScratch();
    const file = await scratch.file();
    await file.close();
    const made = (await readdir(tmpdir())).filter((name) => name.startsWith('s3-backfill-') && !before.has(name));
    expect(made.length).toBeGreaterThan(0);
    for (const name of made) {
      expect((await stat(join(tmpdir(), name))).mode & 0o077).toBe(0);
      expect(name).toMatch(/^s3-backfill-\w+$/);
    }
    await scratch.clear();
  });
});
