import { describe, expect, it } from '@jest/globals';
import { takePairLock } from '../../../core/prepare/pair-lock.js';
import { WORK, useStorage } from '../support/storage.js';

const storage = useStorage();

describe('The lock of a pair', () => {
  it('is taken where it is free', async () => {
    await take('free', 'one');
    expect(holderOf('free')).toBe('one');
  });

  it('is not taken from a running execution, which the refusal names', async () => {
    await take('held', 'one');
    storage().running.add(arnOf('one'));
    const taking = take('held', 'two');
    await expect(taking).rejects.toMatchObject({ name: 'PairBusy' });
    await expect(taking).rejects.toThrow(/Execution one is working on the pair held;.*execution:s3-backfill-demo:one$/);
    expect(holderOf('held')).toBe('one');
  });

  it('is taken over from an execution that ended, however it did', async () => {
    await take('ended', 'three');
    await take('ended', 'four');
    expect(holderOf('ended')).toBe('four');
  });

  it('is taken where its file is not what a run writes', async () => {
    const { ports } = storage();
    await ports.work.write('locks/garbled.json', 'not a lock');
    await takePairLock(ports, 'garbled', { executionArn: 'arn:own', runId: 'own' });
    expect(JSON.parse((await ports.work.read('locks/garbled.json'))?.body.toString() ?? '')).toEqual({
      executionArn: 'arn:own',
      runId: 'own',
    });
  });

  it('is had already where the state is tried again', async () => {
    storage().running.add(arnOf('five'));
    await take('retried', 'five');
    await take('retried', 'five');
    expect(holderOf('retried')).toBe('five');
  });

  it('is had already where it was taken and the answer was lost', async () => {
    storage().s3.faults.add({ operation: 'PutObject', key: 'locks/lost.json', effect: { drop: 'after' }, times: 1 });
    await expect(take('lost', 'six')).rejects.toMatchObject({ name: 'NoAnswer' });
    storage().running.add(arnOf('six'));
    await take('lost', 'six');
    expect(holderOf('lost')).toBe('six');
  });

  it('goes to one of two that come at once; the other is told who has it', async () => {
    for (const name of ['seven', 'eight', 'nine']) storage().running.add(arnOf(name));
    const taken = await Promise.allSettled(['seven', 'eight', 'nine'].map((name) => take('contended', name)));
    const refused = taken.filter((each) => each.status === 'rejected').map((each) => each.reason as Error);
    expect(refused).toHaveLength(2);
    for (const error of refused)
      expect(error.message).toContain(`Execution ${String(holderOf('contended'))} is working`);
  });

  it('goes to one of two that come at once after one that ended', async () => {
    await take('inherited', 'ended-before');
    for (const name of ['ten', 'eleven']) storage().running.add(arnOf(name));
    const taken = await Promise.allSettled(['ten', 'eleven'].map((name) => take('inherited', name)));
    expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('is given up on where others keep taking it and ending', async () => {
    const key = 'locks/slippery.json';
    let others = 0;
    storage().s3.faults.add({
      operation: 'PutObject',
      key,
      effect: { call: () => void storage().s3.putObject(WORK, key, lockOf(`other-${(others += 1)}`)) },
    });
    await expect(take('slippery', 'twelve')).rejects.toMatchObject({ name: 'PairBusy' });
    expect(others).toBe(5);
  });

  it('belongs to one pair each', async () => {
    storage().running.add(arnOf('thirteen'));
    await take('pair-a', 'thirteen');
    await take('pair-b', 'fourteen');
    expect([holderOf('pair-a'), holderOf('pair-b')]).toEqual(['thirteen', 'fourteen']);
  });

  it('is not taken where the storage refuses', async () => {
    storage().s3.faults.add({ operation: 'PutObject', key: 'locks/denied.json', effect: { error: 'AccessDenied' } });
    await expect(take('denied', 'fifteen')).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

function take(pair: string, runId: string) {
  return takePairLock(storage().ports, pair, { executionArn: arnOf(runId), runId });
}

function arnOf(runId: string) {
  return `arn:aws:states:eu-central-1:000000000000:execution:s3-backfill-demo:${runId}`;
}

function lockOf(runId: string) {
  return Buffer.from(JSON.stringify({ executionArn: arnOf(runId), runId }));
}

function holderOf(pair: string): string | undefined {
  const file = storage().s3.getObject(WORK, `locks/${pair}.json`);
  return file && (JSON.parse(file.body.toString()) as { runId: string }).runId;
}
