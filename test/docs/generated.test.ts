import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { generated } from '../../docs/generate/documents.js';

it('The generated parts of the documentation are up to date (npm run docs)', async () => {
  for (const [path, text] of await generated()) expect(await readFile(path, 'utf8')).toBe(text);
});
