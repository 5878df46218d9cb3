import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectRoot } from '../../local/bundle.js';
import { substitute } from '../../state-machines/substitute.js';

describe('Placeholders', () => {
  it('are filled inside of strings, and a value stays a string whatever is in it', () => {
    const definition = { a: '${One}/x', b: ["{% $one & '${One}' %}", 1, null] };
    expect(substitute(definition, { One: 'say "hi"\\' })).toEqual({
      a: 'say "hi"\\/x',
      b: [`{% $one & 'say "hi"\\' %}`, 1, null],
    });
  });

  it('in a value are not filled', () => {
    expect(substitute('${One} ${Two}', { One: '${Two}', Two: '2' })).toBe('${Two} 2');
  });

  it('without a value are an error that names them', () => {
    expect(() => substitute('${One} ${Two} ${Three}', { Two: '2' })).toThrow(
      'The definition has placeholders without a value: ${One}, ${Three}.',
    );
  });

  it('that are missing for a value are an error that names it', () => {
    expect(() => substitute('${One}', { One: '1', Two: '2' })).toThrow('The definition does not use: Two.');
  });

  it('stand in the ASL inside of strings only: it is JSON before they are filled', async () => {
    const files = (await readdir(join(projectRoot, 'state-machines'))).filter((file) => file.endsWith('.json'));
    for (const file of files) JSON.parse(await readFile(join(projectRoot, 'state-machines', file), 'utf8'));
    expect(files.length).toBeGreaterThan(0);
  });
});
