import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DESTINATION,
  openLivePair,
  SOURCE,
  type LivePairOptions,
  type LivePairUnderTest,
} from '../support/live-pair.js';

function useLivePair(options: LivePairOptions = {}): () => LivePairUnderTest {
  let running: LivePairUnderTest | undefined;
  beforeAll(async () => {
    running = await openLivePair(options);
  }, 600_000);
  afterAll(() => running?.close());
  return () => {
    if (!running) throw new Error('The pair is there between beforeAll and afterAll; use it inside a test.');
    return running;
  };
}

const put = ({ engine }: LivePairUnderTest, bucket: string, key: string, body: string) =>
  engine.s3.putObject(bucket, key, Buffer.from(body));

describe('A live copy by events, one way, of buckets without versioning', () => {
  const test = useLivePair({ pair: { filters: { exclude: ['*.tmp'] } } });

  it('brings over what is created, and leaves out what the pair leaves out', async () => {
    const live = test();
    put(live, SOURCE, 'a b/ä+%.txt', 'first');
    put(live, SOURCE, 'half.tmp', 'not yet');
    await live.engine.idle();
    expect(live.contents(DESTINATION)).toEqual({ 'a b/ä+%.txt': 'first' });
    expect(live.denied).toEqual([]);
  });

  it('sends nothing that is there already', async () => {
    const live = test();
    put(live, DESTINATION, 'there', 'the same');
    const before = live.copiesTo(DESTINATION);
    put(live, SOURCE, 'there', 'the same');
    await live.engine.idle();
    expect(live.copiesTo(DESTINATION)).toBe(before);
  });

  it('leaves a newer object of the destination as it is, and writes none of its own to the source', async () => {
    const live = test();
    live.engine.s3.putObject(SOURCE, 'mine', Buffer.from('older'), { lastModified: live.engine.clock.now() - 60_000 });
    put(live, DESTINATION, 'mine', 'newer');
    await live.engine.idle();
    expect(live.contents(DESTINATION)['mine']).toBe('newer');
    expect(live.contents(SOURCE)['mine']).toBe('older');
    expect(live.copiesTo(SOURCE)).toBe(0);
  });

  it('deletes nothing', async () => {
    const live = test();
    put(live, SOURCE, 'kept', 'here');
    await live.engine.idle();
    live.engine.s3.deleteObject(SOURCE, 'kept');
    await live.engine.idle();
    expect(live.contents(DESTINATION)['kept']).toBe('here');
  });

  it('copies one object by hand, under its name and the one that an older tool had', async () => {
    const live = test();
    live.engine.s3.deleteObject(DESTINATION, 'kept');
    put(live, SOURCE, 'by hand', 'one');
    live.engine.s3.deleteObject(DESTINATION, 'by hand');
    await live.engine.idle();
    live.engine.s3.deleteObject(DESTINATION, 'by hand');
    expect(await live.syncByHand({ key: 'by hand' })).toEqual({
      key: 'by hand',
      from: 'source',
      outcome: 'copied',
      to: 'by hand',
    });
    expect(await live.syncByHand({ test_key: 'by hand' })).toMatchObject({ outcome: 'identical' });
    expect(await live.syncByHand({ key: 'nowhere' })).toMatchObject({ outcome: 'gone' });
    expect(await live.syncByHand({ key: 'by hand', from: 'destination' })).toMatchObject({
      FunctionError: 'Unhandled',
      errorType: 'InvalidRequest',
      errorMessage: expect.stringContaining('the pair photos goes one way'),
    });
    expect(live.contents(DESTINATION)['by hand']).toBe('one');
  });
});

describe('A live copy whose destination refuses', () => {
  const test = useLivePair();

  it('puts what the queue gives up in the failure table with its cause, and a redrive brings it over', async () => {
    const live = test();
    const { engine, pipeline } = live;
    const refusal = {
      operation: 'CopyObject',
      sourceKey: (key: string) => key.startsWith('refused'),
      times: Infinity,
      effect: { error: 'AccessDenied' },
    } as const;
    engine.s3.faults.add(refusal);
    put(live, SOURCE, 'refused 1', 'one');
    put(live, SOURCE, 'refused 2', 'two');
    put(live, SOURCE, 'fine', 'three');
    await engine.idle();
    expect(live.contents(DESTINATION)).toEqual({ fine: 'three' });
    const day = `live-${new Date(Date.now()).toISOString().slice(0, 10)}`;
    const failures = await live.failures(day);
    expect(new Set(failures.map(({ key }) => key))).toEqual(new Set(['refused 1', 'refused 2']));
    expect(failures[0]).toMatchObject({
      cause: 'AccessDenied',
      status: 'open',
      remedy: expect.stringContaining('s3:PutObject'),
    });

    engine.s3.faults.clear();
    // One by the queue again, after which the table knows; the other by a run.
    put(live, SOURCE, 'refused 1', 'one more');
    await engine.idle();
    expect((await live.failures(day)).find(({ key }) => key === 'refused 1')).toMatchObject({ status: 'resolved' });
    const run = await live.startAndWait({ manifest: { failuresOf: day, cause: 'AccessDenied' } });
    expect({ status: run.status, cause: run.cause }).toEqual({ status: 'SUCCEEDED', cause: undefined });
    expect(run.output).toMatchObject({ expected: 1, verified: { copied: 1 } });
    expect(live.contents(DESTINATION)).toEqual({ fine: 'three', 'refused 1': 'one more', 'refused 2': 'two' });
    const other = (await live.failures(day)).find(({ key }) => key === 'refused 2');
    expect(other).toMatchObject({ status: 'resolved', resolvedBy: run.runId });
    expect(live.denied).toEqual([]);
    const again = await live.startAndWait({ manifest: { failuresOf: day } });
    expect(again).toMatchObject({ status: 'FAILED', error: 'ManifestNotFound' });
    expect(pipeline.failureTable).not.toBe('');
  }, 600_000);

  it('puts what is no event of S3 there too', async () => {
    const live = test();
    await live.sendToQueue('not an event');
    await live.engine.idle();
    const day = `live-${new Date(Date.now()).toISOString().slice(0, 10)}`;
    expect((await live.failures(day)).find(({ cause }) => cause === 'EventUnreadable')).toMatchObject({
      status: 'open',
    });
  });
});

describe('A live copy with propagateDeletes', () => {
  const test = useLivePair({ pair: { propagateDeletes: true }, versioned: [DESTINATION] });

  it('deletes what was deleted at the source, and keeps what is the destination’s own', async () => {
    const live = test();
    const { s3 } = live.engine;
    put(live, SOURCE, 'goes', 'soon');
    put(live, SOURCE, 'changed', 'brought');
    await live.engine.idle();
    put(live, DESTINATION, 'changed', 'its own');
    s3.deleteObject(SOURCE, 'goes');
    s3.deleteObject(SOURCE, 'changed');
    await live.engine.idle();
    expect(live.contents(DESTINATION)).toEqual({ changed: 'its own' });
    // The bucket has versions: what was deleted is still there below a delete marker.
    expect(s3.getObject(DESTINATION, 'goes')).toBeUndefined();
    expect(live.denied).toEqual([]);
  });

  it('deletes what could not be deleted, when the function is told to; a run, which deletes nothing, does not count it as done', async () => {
    const live = test();
    const { engine } = live;
    put(live, SOURCE, 'stays', 'for now');
    await engine.idle();
    const refusal = engine.s3.faults.add({
      operation: 'DeleteObject',
      bucket: DESTINATION,
      effect: { error: 'AccessDenied' },
    });
    engine.s3.deleteObject(SOURCE, 'stays');
    await engine.idle();
    refusal.remove();
    const day = `live-${new Date().toISOString().slice(0, 10)}`;
    expect(await live.failures(day)).toMatchObject([{ key: 'stays', cause: 'AccessDenied', isDeletion: true }]);
    const run = await live.startAndWait({ manifest: { failuresOf: day } });
    expect(run).toMatchObject({ status: 'FAILED', error: 'ManifestNotFound' });
    expect(run.cause).toContain(`Of deletions there are 1, which no run makes: invoke the function sync-object`);
    expect(await live.failures(day)).toMatchObject([{ status: 'open' }]);
    expect(await live.syncByHand({ failuresOf: day })).toEqual({ failuresOf: day, keys: 1 });
    await engine.idle();
    expect(engine.s3.getObject(DESTINATION, 'stays')).toBeUndefined();
    expect(await live.failures(day)).toMatchObject([{ status: 'resolved' }]);
  }, 120_000);

  it('does not delete what is there again', async () => {
    const live = test();
    put(live, SOURCE, 'back', 'first');
    await live.engine.idle();
    live.engine.s3.deleteObject(SOURCE, 'back');
    put(live, SOURCE, 'back', 'second');
    await live.engine.idle();
    expect(live.contents(DESTINATION)['back']).toBe('second');
  });
});

describe('A live copy both ways', () => {
  const test = useLivePair({
    pair: {
      direction: 'both',
      propagateDeletes: true,
      source: { bucket: SOURCE, prefix: 'here/' },
      destination: { bucket: DESTINATION, prefix: 'there/' },
    },
    versioned: [SOURCE, DESTINATION],
  });

  it('sends each change once, and nothing back', async () => {
    const live = test();
    for (let index = 0; index < 20; index++) {
      put(live, SOURCE, `here/a${index}`, `a ${index}`);
      put(live, DESTINATION, `there/b${index}`, `b ${index}`);
    }
    await live.engine.idle();
    expect({ there: live.copiesTo(DESTINATION), back: live.copiesTo(SOURCE) }).toEqual({ there: 20, back: 20 });
    expect(Object.keys(live.contents(SOURCE))).toHaveLength(40);
    expect(live.contents(DESTINATION)['there/a7']).toBe('a 7');
    expect(live.contents(SOURCE)['here/b7']).toBe('b 7');
    expect(live.denied).toEqual([]);
  });

  it('of the same keys changed on both sides the newer is on both in the end, and each was sent at most once', async () => {
    const live = test();
    const before = live.copiesTo(SOURCE) + live.copiesTo(DESTINATION);
    const { s3, clock } = live.engine;
    for (let index = 0; index < 20; index++) {
      const [newer, older] = index % 2 ? [SOURCE, DESTINATION] : [DESTINATION, SOURCE];
      const prefixOf = (bucket: string) => (bucket === SOURCE ? 'here/' : 'there/');
      s3.putObject(older, `${prefixOf(older)}same${index}`, Buffer.from(`older ${index}`), {
        lastModified: clock.now() - 60_000,
      });
      s3.putObject(newer, `${prefixOf(newer)}same${index}`, Buffer.from(`newer ${index}`));
    }
    await live.engine.idle();
    for (let index = 0; index < 20; index++) {
      expect(live.contents(SOURCE)[`here/same${index}`]).toBe(`newer ${index}`);
      expect(live.contents(DESTINATION)[`there/same${index}`]).toBe(`newer ${index}`);
    }
    expect(live.copiesTo(SOURCE) + live.copiesTo(DESTINATION) - before).toBeLessThanOrEqual(40);
  });

  it('knows what a run brought over for a copy: what was replaced at the source meanwhile is not put back', async () => {
    const live = test();
    const { s3, clock } = live.engine;
    // S3 has no time for the live copy to look while the run copies.
    const busy = s3.faults.add({
      operation: 'HeadObject',
      bucket: DESTINATION,
      key: 'there/raced',
      effect: { error: 'SlowDown' },
    });
    s3.putObject(SOURCE, 'here/raced', Buffer.from('old'), { lastModified: clock.now() - 60_000 });
    const run = await live.startAndWait({ manifest: { list: true }, include: ['here/raced'] });
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: { verified: { copied: 1 } } });
    // Written while the copy was under way: read before, and finished later.
    const copied = s3.getObject(DESTINATION, 'there/raced')?.lastModified ?? 0;
    s3.putObject(SOURCE, 'here/raced', Buffer.from('new'), { lastModified: copied - 1_000 });
    busy.remove();
    await live.engine.idle();
    expect(live.contents(SOURCE)['here/raced']).toBe('new');
    expect(live.contents(DESTINATION)['there/raced']).toBe('new');
    expect(live.denied).toEqual([]);
  });

  it('propagates a deletion, and not the other way round', async () => {
    const live = test();
    live.engine.s3.deleteObject(DESTINATION, 'there/a3');
    await live.engine.idle();
    expect(live.contents(SOURCE)).not.toHaveProperty('here/a3');
    expect(live.contents(SOURCE)['here/a4']).toBe('a 4');
    expect(live.contents(DESTINATION)['there/a4']).toBe('a 4');
  });

  it('copies one object of the destination by hand', async () => {
    const live = test();
    put(live, DESTINATION, 'there/one', 'of theirs');
    await live.engine.idle();
    expect(await live.syncByHand({ key: 'there/one', from: 'destination' })).toEqual({
      key: 'there/one',
      from: 'destination',
      outcome: 'identical',
    });
    expect(await live.syncByHand({ key: 'elsewhere/one', from: 'destination' })).toMatchObject({
      errorType: 'OutsidePair',
    });
  });
});

const CHANGES = 5_000;
const KEYS = 200;

describe('A live copy under load', () => {
  const test = useLivePair({ isEnforced: false, versioned: [SOURCE] });

  it('5,000 changes with duplicates, reordering and a consumer that dies: every key ends equal to its last version, and the queue is empty', async () => {
    const live = test();
    const { engine, pipeline } = live;
    const { faults } = engine.s3;
    let told = 0;
    engine.events.faults.add({ event: () => (told += 1) % 7 === 0, effect: { duplicate: 1 } });
    engine.events.faults.add({ event: () => told % 5 === 0, effect: { late: 40 } });
    engine.sqs.faults.add({ effect: { reorder: true } });
    const last = new Map<string, string>();
    let changes = 0;
    const change = (times: number) => {
      for (let index = 0; index < times && changes < CHANGES; index++) {
        const key = `key ${(changes * 7919) % KEYS}`;
        last.set(key, `change ${changes}`);
        put(live, SOURCE, key, `change ${changes}`);
        changes += 1;
      }
    };
    // Most changes come in the middle of the work: each copy meets ten of them.
    faults.add({ operation: 'CopyObject', bucket: DESTINATION, effect: { call: () => change(10) } });
    let deaths = 0;
    const die = () => void (deaths += engine.lambda.killRunning(pipeline.functionNames['sync-object'] ?? ''));
    faults.add({ operation: 'HeadObject', bucket: DESTINATION, skip: 300, times: 1, effect: { call: die } });
    faults.add({ operation: 'HeadObject', bucket: SOURCE, skip: 900, times: 1, effect: { call: die } });
    change(1_000);
    await engine.idle();
    expect(changes).toBe(CHANGES);
    expect(live.contents(DESTINATION)).toEqual(Object.fromEntries(last));
    expect(deaths).toBeGreaterThan(0);
    expect(live.denied).toEqual([]);
  }, 600_000);
});
