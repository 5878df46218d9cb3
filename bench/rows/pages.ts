import { Child } from '../support/child.js';
import type { Taken } from '../support/taken.js';
import type { Server } from '../server/start.js';
import { costOf, type Row } from '../table.js';
import type { PagesTask } from '../tasks/pages.js';
import { inRounds } from './rounds.js';
import { spentOn } from './spent.js';

const PAGE = 1_000;
const PAGES = 50;
const ROUNDS = 3;

/** One page of a listing, asked for, read, and compared with the rows beside it. */
export async function pagesRow(server: Server, say: (text: string) => void): Promise<Row> {
  const task: PagesTask = { endpoint: server.endpoint, bucket: 'pages', objects: PAGES * PAGE };
  await server.order('fill', task);
  const children: Child[] = [];
  const contestant = async (who: 'walkBeside' | 'SDK') => {
    const child = await Child.startBundled('bench/tasks/pages.ts', who);
    children.push(child);
    const measure = () => spentOn(server, async () => (await child.ask(task)) as Taken);
    await measure();
    return { who, rounds: ROUNDS, items: PAGES, measure };
  };
  try {
    const { lines, absent } = await inRounds([await contestant('walkBeside'), await contestant('SDK')], say);
    return {
      name: 'One page of 1,000 keys, fetched, parsed and compared',
      item: 'page',
      lines,
      absent,
      targets: lines
        .slice(0, 1)
        .map((ours) => ({ what: 'CPU of one page', value: costOf(ours) * 1e3, most: 6, unit: 'ms' })),
      note: 'SDK: ListObjectsV2 by the SDK, and the same comparing.',
    };
  } finally {
    for (const child of children) child.stop();
    await server.order('drop', { bucket: 'pages' });
  }
}
