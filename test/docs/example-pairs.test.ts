import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { projectRoot } from '../../local/bundle.js';

interface Example {
  name: string;
}

/** Each JSON on a page that is an example of `cdk.json` by its name. */
async function shownPairs(): Promise<{ page: string; shown: Example }[]> {
  const folder = join(projectRoot, 'docs');
  const pages = (await readdir(folder)).filter((name) => name.endsWith('.md'));
  const found = await Promise.all(
    pages.map(async (page) => {
      const text = await readFile(join(folder, page), 'utf8');
      const blocks = [...text.matchAll(/^```json\n(\{\n {2}"name": .*?\n\})\n```$/gms)];
      return blocks.map(([, json = '']) => ({ page, shown: JSON.parse(json) as Example }));
    }),
  );
  return found.flat();
}

it('Pages show the pairs of cdk.json as they are there, each of them on one', async () => {
  const { context } = JSON.parse(await readFile(join(projectRoot, 'cdk.json'), 'utf8')) as {
    context: { backfill: Example[] };
  };
  const shown = await shownPairs();
  const pairs = new Map(context.backfill.map((pair) => [pair.name, pair]));
  expect(new Set(shown.map(({ shown: { name } }) => name))).toEqual(new Set(pairs.keys()));
  // The smallest pair that there is, of which the example adds to.
  for (const { page, shown: pair } of shown.filter(({ shown: { name } }) => name !== 'photos'))
    expect({ page, pair }).toEqual({ page, pair: pairs.get(pair.name) });
});
