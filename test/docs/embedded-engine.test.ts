import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectRoot } from '../../local/bundle.js';

describe('docs/embedded-engine.md', () => {
  it('names for each of its rows a test that there is', async () => {
    const page = await readFile(join(projectRoot, 'docs/embedded-engine.md'), 'utf8');
    const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| what '));
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) {
      const [, file, title] = /`([\w/-]+\.test\.ts)`: (.+) \|$/.exec(row) ?? [];
      expect({ row, hasTest: file !== undefined }).toEqual({ row, hasTest: true });
      const tests = await readFile(join(projectRoot, 'test/local', file ?? ''), 'utf8');
      expect({ row, found: tests.includes(title ?? '') }).toEqual({ row, found: true });
    }
  });
});
