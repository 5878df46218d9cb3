import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TUNED, awsSync, ours, rclone, s5cmd, sdkLoop, type Peer } from '../peers/peers.js';
import { printTime } from '../print.js';
import type { Server } from '../server/start.js';
import { costOf, type Line, type Row, type Target } from '../table.js';
import { inRounds, type Contestant } from './rounds.js';
import { spentOn } from './spent.js';

/** What the destination has when a run begins: nothing, all of it, or all but one object in a hundred. */
export type Beginning = 'empty' | 'whole' | 'lacksOnePercent';

interface WholeRun {
  name: string;
  objects: number;
  beginning: Beginning;
  /** Rounds of each of the others: they take up to ten times as long as ours. */
  rounds: { ours: number; sdkLoop: number; rclone: number; rcloneTuned: number; awsSync: number; s5cmd: number };
  targetsOf(perObject: Line, whole: Line): Target[];
}

const microseconds = (line: Line) => costOf(line) * 1e6;

/** The rows of whole runs, by the name that `--only` takes. */
export const WHOLE_RUNS: Record<string, WholeRun> = {
  copy: {
    name: 'A whole run: 20,000 small objects copied',
    objects: 20_000,
    beginning: 'empty',
    rounds: { ours: 3, sdkLoop: 1, rclone: 1, rcloneTuned: 2, awsSync: 1, s5cmd: 2 },
    targetsOf: (perObject, whole) => [
      { what: 'CPU of one object copied and verified', value: microseconds(perObject), most: 250, unit: 'µs' },
      { what: 'the same with the start of the process', value: microseconds(whole), most: 250, unit: 'µs' },
    ],
  },
  nothing: {
    name: 'The same again, with nothing to do',
    objects: 20_000,
    beginning: 'whole',
    rounds: { ours: 3, sdkLoop: 3, rclone: 1, rcloneTuned: 3, awsSync: 1, s5cmd: 3 },
    targetsOf: () => [],
  },
  missing: {
    name: 'The same where 1 % is missing',
    objects: 20_000,
    beginning: 'lacksOnePercent',
    rounds: { ours: 3, sdkLoop: 3, rclone: 0, rcloneTuned: 3, awsSync: 0, s5cmd: 3 },
    targetsOf: () => [],
  },
  'nothing-large': {
    name: 'A whole run over 200,000 objects, of which none is missing',
    objects: 200_000,
    beginning: 'whole',
    rounds: { ours: 2, sdkLoop: 1, rclone: 0, rcloneTuned: 1, awsSync: 0, s5cmd: 1 },
    targetsOf: (perObject, whole) => [
      {
        what: 'LIST and HEAD of the destination for 1,000 objects',
        value: (((whole.requests['ListObjectsV2'] ?? 0) + (whole.requests['HeadObject'] ?? 0)) * 1000) / whole.items,
        most: 1.1,
        unit: 'requests',
      },
      { what: 'CPU of one object', value: microseconds(perObject), most: 15, unit: 'µs' },
      { what: 'the same with the start of the process', value: microseconds(whole), most: 15, unit: 'µs' },
    ],
  },
};

export async function wholeRunRow(server: Server, id: string, say: (text: string) => void): Promise<Row> {
  const run = WHOLE_RUNS[id] as WholeRun;
  const large = await stock(server, run.objects);
  const one = await stock(server, 1);
  const others = [
    { peer: sdkLoop, rounds: run.rounds.sdkLoop },
    { peer: rclone('rclone, tuned', TUNED), rounds: run.rounds.rcloneTuned },
    { peer: rclone('rclone'), rounds: run.rounds.rclone },
    { peer: awsSync, rounds: run.rounds.awsSync },
    { peer: s5cmd, rounds: run.rounds.s5cmd },
  ].map((other) => ({ ...other, version: other.peer.version() }));
  const start = contestant(server, { ...ours, name: START }, run.rounds.ours, one, run.beginning);
  // The first run on a machine bundles the functions of the state machine, and later ones have them.
  await start.measure(-1);
  const contestants: Contestant[] = [
    contestant(server, ours, run.rounds.ours, large, run.beginning),
    start,
    ...others
      .filter(({ version, rounds }) => version !== undefined && rounds > 0)
      .map(({ peer, rounds }) => contestant(server, peer, rounds, large, run.beginning)),
  ];
  const { lines, absent } = await inRounds(contestants, say);
  const [whole, ...more] = lines;
  const ofStart = more.find(({ who }) => who === START);
  if (!whole || !ofStart) throw new Error(absent.join('\n'));
  const perObject = beyond(whole, ofStart);
  return {
    name: run.name,
    item: 'object',
    lines: [{ ...whole, note: startNote(ofStart) }, perObject, ...more.filter((line) => line !== ofStart)],
    absent: [
      ...others.flatMap(({ peer: { name }, version, rounds }) => {
        if (version === undefined) return [`${name}: not installed`];
        return rounds === 0 ? [`${name}: left out of this row: it takes too long`] : [];
      }),
      ...absent,
    ],
    targets: run.targetsOf(perObject, whole),
    note: [
      'Peak memory is of all processes together. Only ours verifies what it copied.',
      ...new Set(others.flatMap(({ version }) => (version === undefined ? [] : [version]))),
      `Tuned: ${TUNED.join(' ')}.`,
    ].join('\n  '),
  };
}

const START = 's3-backfill run of 1 object';

const startNote = ({ cpuSeconds, seconds }: Line) =>
  `its start is the same command on 1 object: ${printTime(cpuSeconds)} of CPU in ${printTime(seconds)}`;

/** What a run costs beyond its start. */
function beyond(whole: Line, start: Line): Line {
  return {
    ...whole,
    who: 'beyond its start',
    items: whole.items - start.items,
    cpuSeconds: whole.cpuSeconds - start.cpuSeconds,
    seconds: whole.seconds - start.seconds,
    serverCpuSeconds: whole.serverCpuSeconds - start.serverCpuSeconds,
  };
}

interface Stock {
  bucket: string;
  manifest: string;
  objects: number;
}

/** Makes a source bucket and its inventory, once. */
async function stock(server: Server, objects: number): Promise<Stock> {
  const bucket = `source-${objects}`;
  const inventory = `inventory-${objects}`;
  await server.order('fill', { bucket, objects });
  await server.order('drop', { bucket: inventory });
  const key = await server.order('deliver', { source: bucket, to: inventory });
  return { bucket, manifest: `s3://${inventory}/${key}`, objects };
}

/** Each run has a destination of its own. */
function contestant(
  server: Server,
  peer: Peer,
  rounds: number,
  { bucket: source, manifest, objects }: Stock,
  beginning: Beginning,
): Contestant {
  const measure = async (round: number) => {
    const destination = `to-${peer.name.replaceAll(/[^a-z0-9]+/g, '-')}-${beginning.toLowerCase()}-${round}`;
    await server.order('fillFrom', {
      from: beginning === 'empty' ? 'none' : source,
      to: destination,
      ...(beginning === 'lacksOnePercent' ? { withoutEvery: 100 } : {}),
    });
    const folder = await mkdtemp(join(tmpdir(), 's3-backfill-bench-'));
    try {
      const work = { endpoint: server.endpoint, source, destination, manifest, folder };
      const sample = await spentOn(server, () => peer.run(work));
      const arrived = await server.order('arrived', { from: source, to: destination });
      if (arrived !== objects) throw new Error(`${arrived} of ${objects} objects are there.`);
      return sample;
    } finally {
      await rm(folder, { recursive: true });
      await server.order('drop', { bucket: destination });
    }
  };
  return { who: peer.name, rounds, items: objects, measure };
}
