import { describe, expect, it } from '@jest/globals';
import type { Attempt } from '../../../contracts/attempt.js';
import { readAttempts, writeAttempts } from '../../../core/copy/attempts.js';
import { WORK, useStorage } from '../support/storage.js';

const storage = useStorage();
const FAILED: Attempt = {
  kind: 'failed',
  row: 2,
  cause: 'SlowDown',
  message: 'Reduce your request rate.',
  status: 503,
};
const SENT: Attempt = { kind: 'sent', row: 2, etag: 'answered', size: 5, drift: true };
const IDENTICAL: Attempt = { kind: 'identical', row: 2, etag: 'seen', evidence: 'sizeAndTime' };
const GONE: Attempt = { kind: 'gone', row: 2 };
const ARCHIVED: Attempt = { kind: 'archived', row: 2 };

describe('Attempts on file', () => {
  it('are none before the first worker wrote', async () => {
    expect(await read('none', 3)).toEqual({ covered: '---', attempts: [] });
  });

  it('say which rows they settle, and what became of those that were not simply identical', async () => {
    await write('plain', 0, 2, []);
    await write('plain', 2, 4, [SENT]);
    expect(await read('plain', 6)).toEqual({ covered: 'xxxx--', attempts: [SENT] });
  });

  it('of one chunk are kept apart from those of others, and of other passes', async () => {
    const { ports } = storage();
    await writeAttempts(ports.work, { runId: 'r', pass: 1, chunk: '1-1' }, { from: 0, to: 1 }, []);
    await writeAttempts(ports.work, { runId: 'r', pass: 1, chunk: '1-10' }, { from: 1, to: 2 }, []);
    await writeAttempts(ports.work, { runId: 'r', pass: 11, chunk: '1-1' }, { from: 2, to: 3 }, []);
    expect(await read('1-1', 3)).toEqual({ covered: 'x--', attempts: [] });
  });

  it('of more than 99,999 rows from a beginning are read in their order too', async () => {
    await write('many', 9_500, 10_000, []);
    await write('many', 0, 9_500, []);
    expect((await read('many', 10_000)).covered).toBe('x'.repeat(10_000));
  });

  it.each<[string, Attempt, Attempt, Attempt]>([
    ['a success over a failure', FAILED, SENT, SENT],
    ['a success over a later failure', SENT, FAILED, SENT],
    ['what S3 answered over what was found there afterwards', SENT, IDENTICAL, SENT],
    ['what S3 answered over what was found there before', IDENTICAL, SENT, SENT],
    ['an object that is there over one that was gone', GONE, IDENTICAL, IDENTICAL],
    ['an end over a failure', FAILED, GONE, GONE],
    ['an end over a later failure', ARCHIVED, FAILED, ARCHIVED],
    ['the later of two failures', { ...FAILED, cause: 'NoAnswer' }, FAILED, FAILED],
  ])('of two workers at once: %s counts', async (name, first, second, counts) => {
    await write(name, 0, 4, [first]);
    await write(name, 1, 6, [second]);
    expect(await read(name, 6)).toEqual({ covered: 'xxxxxx', attempts: [counts] });
  });

  it('written twice are there once', async () => {
    for (let time = 0; time < 2; time++) await write('again', 0, 4, [FAILED]);
    expect(await read('again', 4)).toEqual({ covered: 'xxxx', attempts: [FAILED] });
    expect([...storage().s3.listObjects(WORK, 'runs/r/pass-1/attempts/again/')]).toHaveLength(1);
  });

  it('cover no row whose upload goes on, until a later call settles it', async () => {
    await write('open', 0, 4, [FAILED], [1, 3]);
    expect(await read('open', 5)).toEqual({ covered: 'x-x--', attempts: [FAILED] });
    await write('open', 1, 5, [{ ...SENT, row: 1 }], [3]);
    expect(await read('open', 5)).toEqual({ covered: 'xxx-x', attempts: [FAILED, { ...SENT, row: 1 }] });
  });

  it('may hold any message that S3 sends', async () => {
    const attempt: Attempt = { ...FAILED, message: 'line\nbreak \u2028 "quote" 😀 \u0000' };
    await write('message', 0, 4, [attempt]);
    expect((await read('message', 4)).attempts).toEqual([attempt]);
  });
});

function write(chunk: string, from: number, to: number, attempts: Attempt[], open?: number[]) {
  const header = { from, to, ...(open ? { open } : {}) };
  return writeAttempts(storage().ports.work, { runId: 'r', pass: 1, chunk }, header, attempts);
}

async function read(chunk: string, rows: number) {
  const { covered, byRow } = await readAttempts(storage().ports.work, { runId: 'r', pass: 1, chunk }, rows);
  return { covered: covered.map((each) => (each ? 'x' : '-')).join(''), attempts: [...byRow.values()] };
}
