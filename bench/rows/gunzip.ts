import { Child } from '../support/child.js';
import { lineOf, type Row } from '../table.js';
import type { GunzipTask, Unpacked } from '../tasks/gunzip.js';

const ROWS = 1_000_000;
const ROUNDS = 3;

/** node:zlib, which reads inventories, beside npm's zlib-streams: what comes out of one gzip member and of two. */
export async function gunzipRow(members: 1 | 2): Promise<Row> {
  const absent: string[] = [];
  const lines = [];
  for (const who of ['node:zlib', 'zlib-streams']) {
    const samples: Unpacked[] = [];
    const child = await Child.start(new URL('../tasks/gunzip.ts', import.meta.url), who);
    try {
      for (let round = 0; round < ROUNDS; round += 1)
        samples.push((await child.ask({ rows: ROWS, members } satisfies GunzipTask)) as Unpacked);
    } catch (error) {
      absent.push(`${who} failed: ${String(error)}`);
      continue;
    } finally {
      child.stop();
    }
    const { bytes, of } = samples[0] as Unpacked;
    const note = `${bytes.toLocaleString('en')} of ${of.toLocaleString('en')} bytes came out${bytes === of ? '' : ': SOME ARE LOST'}`;
    const noServer = { requests: {}, serverCpuSeconds: 0 };
    lines.push(
      lineOf(
        who,
        ROWS,
        samples.map((sample) => ({ ...sample, ...noServer })),
        note,
      ),
    );
  }
  return {
    name: `Gunzip of ${ROWS.toLocaleString('en')} inventory rows in ${members === 1 ? 'one gzip member' : 'two gzip members'}`,
    item: 'row',
    lines,
    absent,
    targets: [],
  };
}
