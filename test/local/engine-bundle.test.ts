import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bundle, bundleTogether, projectRoot } from '../../local/bundle.js';

const require = createRequire(join(projectRoot, 'package.json'));
let folder: string;

beforeEach(async () => {
  await mkdir(join(projectRoot, '.build'), { recursive: true });
  folder = await mkdtemp(join(projectRoot, '.build/bundle-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('A bundle', () => {
  it('holds everything that its entry imports, and keeps its path while nothing changes', async () => {
    await write('answer.ts', 'export const answer: number = 42;');
    const entry = await write(
      'entry.ts',
      "import { answer } from './answer.js';\nexport const handler = () => answer;",
    );
    const first = await make(entry);
    expect(run(first)).toBe(42);
    expect(await make(entry)).toBe(first);
  });

  it('is made anew when a file changes that its entry imports', async () => {
    await write('answer.ts', 'export const answer = 42;');
    const entry = await write(
      'entry.ts',
      "import { answer } from './answer.js';\nexport const handler = () => answer;",
    );
    await make(entry);
    await write('answer.ts', 'export const answer = 43;');
    expect(run(await make(entry))).toBe(43);
  });

  it('is the same for many who make it at once', async () => {
    const entry = await write('entry.ts', 'export const handler = () => 1;');
    const paths = await Promise.all(Array.from({ length: 8 }, () => make(entry)));
    expect(new Set(paths).size).toBe(1);
    expect(run(paths[0] ?? '')).toBe(1);
  });

  it('is not made of what does not compile, and the reason says where', async () => {
    const entry = await write('entry.ts', 'export const handler = () => {');
    await expect(make(entry)).rejects.toThrow(/entry\.ts:1:\d+: ERROR/);
  });
});

describe('Entries that are bundled together', () => {
  it('are exports of one file by their names, and share what they import', async () => {
    await write('shared.ts', 'export const seen: string[] = [];');
    const one = await write(
      'one.ts',
      "import { seen } from './shared.js';\nexport const handler = () => seen.push('one');",
    );
    const two = await write('two.ts', "import { seen } from './shared.js';\nexport const handler = () => seen;");
    const exported = require(await bundleTogether({ one, two })) as Record<string, () => unknown>;
    exported['one']?.();
    expect(exported['two']?.()).toEqual(['one']);
  });

  it('are bundled anew when one of them changes', async () => {
    const one = await write('one.ts', 'export const handler = () => 1;');
    const first = await bundleTogether({ one });
    await write('one.ts', 'export const handler = () => 2;');
    const exported = require(await bundleTogether({ one })) as Record<string, () => unknown>;
    expect(exported['one']?.()).toBe(2);
    expect(await bundleTogether({ one })).not.toBe(first);
  });
});

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function make(entry: string): Promise<string> {
  return (await bundle({ entry }))['entry'] ?? '';
}

function run(path: string): unknown {
  return (require(path) as { handler: () => unknown }).handler();
}
