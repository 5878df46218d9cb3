import { Child } from '../support/child.js';
import type { Taken } from '../support/taken.js';
import type { Server } from '../server/start.js';
import { costOf, ratioOf, type Row } from '../table.js';
import type { CopyTask } from '../tasks/copy-chunk.js';
import { inRounds } from './rounds.js';
import { spentOn } from './spent.js';

/** The SDK loop takes ten times as long for each. */
const OBJECTS = { CopyChunk: 10_000, 'SDK loop': 5_000 };
const ROUNDS = { CopyChunk: 3, 'SDK loop': 2 };
/** Rounds that do not count: V8 is still getting faster for as many copies. */
const WARMINGS = 3;

/** One CopyObject, all of CopyChunk included, beside the plain SDK loop's: each in a warm process of its own. */
export async function copyChunkRow(server: Server, say: (text: string) => void): Promise<Row> {
  await server.order('fill', { bucket: 'chunk-source', objects: OBJECTS.CopyChunk });
  const children: Child[] = [];
  const contestant = async (who: 'CopyChunk' | 'SDK loop') => {
    const child = await Child.startBundled('bench/tasks/copy-chunk.ts', who);
    children.push(child);
    const copy = async (destination: string, objects: number) => {
      await server.order('fillFrom', { from: 'none', to: destination });
      const task: CopyTask = { endpoint: server.endpoint, source: 'chunk-source', destination, objects };
      const sample = await spentOn(server, async () => (await child.ask(task)) as Taken);
      const arrived = await server.order('arrived', { from: 'chunk-source', to: destination });
      await server.order('drop', { bucket: destination });
      if (arrived !== objects) throw new Error(`${arrived} of ${objects} objects arrived.`);
      return sample;
    };
    const name = who.toLowerCase().replace(' ', '-');
    for (let round = 0; round < WARMINGS; round++) await copy(`${name}-warming-${round}`, OBJECTS[who]);
    return {
      who,
      rounds: ROUNDS[who],
      items: OBJECTS[who],
      measure: (round: number) => copy(`${name}-${round}`, OBJECTS[who]),
    };
  };
  try {
    const { lines, absent } = await inRounds([await contestant('CopyChunk'), await contestant('SDK loop')], say);
    const row: Row = {
      name: 'One CopyObject, of many by a warm process',
      item: 'object',
      lines,
      absent,
      targets: [],
      note: 'A chunk of 10,000; 5,000 by the SDK loop; each after three more to warm up. CopyChunk is all of the state, with a work bucket in memory and a failure table that does nothing, since nothing fails.',
    };
    const [ours, loop] = lines;
    return {
      ...row,
      targets: [
        ...(ours ? [{ what: 'CPU of one CopyObject', value: costOf(ours) * 1e6, most: 150, unit: 'µs' }] : []),
        ...(loop ? [{ what: 'the SDK loop beside it', value: ratioOf(loop, row), least: 7, unit: 'times' }] : []),
      ],
    };
  } finally {
    for (const child of children) child.stop();
  }
}
