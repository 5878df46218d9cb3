import { writeFile } from 'node:fs/promises';
import { generated } from './generate/documents.js';

for (const [path, text] of await generated()) await writeFile(path, text);
