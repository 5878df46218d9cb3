import { describe, expect, it } from '@jest/globals';
import type { ProofLine } from '../../../contracts/proof.js';
import { ProofsOnFile } from '../../../core/compare/proofs-on-file.js';
import { packLines } from '../../../core/inventory/row-codec.js';
import { runFiles } from '../../../core/run-files.js';
import { forgetOlderProofs, provenBy, recordProofs } from '../../../core/verify/proven-by.js';
import { runOf } from '../support/rows.js';
import { useStorage } from '../support/storage.js';

const storage = useStorage();

describe('What earlier runs proved', () => {
  it('is found by key, in the newest run and pass that say something of it', async () => {
    await write('old', 1, [line('a', 'old'), line('b', 'old')]);
    await write('new', 1, [line('a', 'first pass')]);
    await write('new', 2, [line('a', 'second pass')]);
    const proofs = find([
      { runId: 'new', passes: 2 },
      { runId: 'old', passes: 1 },
    ]);
    expect(await proofs.find('a')).toEqual({ source: 'e', destination: 'second pass', evidence: 'copied' });
    expect(await proofs.find('b')).toMatchObject({ destination: 'old' });
    expect(await proofs.find('c')).toBe('none');
  });

  it('is told by version, where all versions are copied', async () => {
    await write('versions', 1, [
      { ...line('a', 'of v1'), versionId: 'v1' },
      { ...line('a', 'of v2'), versionId: 'v2' },
    ]);
    const proofs = find([{ runId: 'versions', passes: 1 }]);
    expect(await proofs.find('a', 'v2')).toMatchObject({ destination: 'of v2' });
    expect(await proofs.find('a')).toBe('none');
  });

  it('is read only where its keys reach into the chunk, and only once', async () => {
    await write('far', 1, [line('x', 'far')]);
    await write('near', 1, [line('b', 'near')]);
    const reads = asked();
    const proofs = find([
      { runId: 'far', passes: 1 },
      { runId: 'near', passes: 1 },
    ]);
    await Promise.all(['a', 'b', 'c'].map((key) => proofs.find(key)));
    // Two lists of files, and the one file that is near.
    expect(reads()).toBe(3);
  });

  it('is nothing where its files have expired: then it is proved anew', async () => {
    expect(await find([{ runId: 'expired', passes: 3 }]).find('a')).toBe('none');
  });

  it('costs nothing where no run has proved anything', async () => {
    const reads = asked();
    expect(await find([]).find('a')).toBe('none');
    expect(reads()).toBe(0);
  });
});

describe('The runs whose proofs count', () => {
  it('are the newest first, each once, at most twenty', async () => {
    const { ports } = storage();
    const run = (id: string) => ({ ...runOf(id), pair: 'listed' });
    for (let index = 0; index < 25; index++) await recordProofs(ports, run(`run-${index}`), 1);
    await recordProofs(ports, run('run-20'), 2);
    const runs = await provenBy(ports, 'listed');
    expect(runs).toHaveLength(20);
    expect(runs.slice(0, 3)).toEqual([
      { runId: 'run-20', passes: 2 },
      { runId: 'run-24', passes: 1 },
      { runId: 'run-23', passes: 1 },
    ]);
    await forgetOlderProofs(ports, run('run-24'));
    expect(await provenBy(ports, 'listed')).toEqual([{ runId: 'run-24', passes: 1 }]);
    await forgetOlderProofs(ports, run('a run without proofs'));
    expect(await provenBy(ports, 'listed')).toEqual([]);
  });
});

function find(runs: { runId: string; passes: number }[]): ProofsOnFile {
  return new ProofsOnFile(storage().ports.work, runs, { first: 'a', last: 'c' });
}

function line(key: string, destination: string): ProofLine {
  return { key, source: 'e', destination, evidence: 'copied' };
}

async function write(runId: string, pass: number, lines: ProofLine[]): Promise<void> {
  const { work } = storage().ports;
  const paths = runFiles(runId);
  const key = paths.proofs('0-0', pass);
  await work.write(key, await packLines(lines.map((each) => JSON.stringify(each))));
  const file = { key, rows: lines.length, first: lines[0]?.key, last: lines.at(-1)?.key };
  await work.write(paths.proofsFiles(pass), `${JSON.stringify(file)}\n`);
}

/** Counts reads from now on. */
function asked(): () => number {
  const count = () => storage().s3.requests.count({ operation: 'GetObject' });
  const before = count();
  return () => count() - before;
}
