import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runCause } from '../../contracts/run-cause.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, readReport, worldOf } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 20, retryDelayMs: 1 } });

afterEach(() => test().engine.s3.faults.clear());

describe('A run is Verified in spite of', () => {
  it.each([
    { title: 'a burst of SlowDown', effect: { error: 'SlowDown' }, times: 30, probability: 0.5 },
    { title: 'a burst of 500s', effect: { error: 'InternalError' }, times: 20, probability: 0.3 },
    { title: 'errors in the body of a 200', effect: { errorIn200: 'InternalError' }, times: 10, probability: 0.3 },
    {
      title: 'connections that close before anything is done',
      effect: { drop: 'before' },
      times: 10,
      probability: 0.3,
    },
    { title: 'copies whose answer is lost', effect: { drop: 'after' }, times: 10, probability: 0.3 },
  ] as const)('$title', async ({ effect, times, probability }) => {
    const world = worldOf(test(), 60);
    const fault = test().engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      effect,
      times,
      probability,
    });
    const ended = await test().startAndWait(world.request);
    expect(fault.hits).toBeGreaterThan(5);
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', failed: 0, gone: 0 });
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  });

  it('500s in every other call of the pipeline', async () => {
    const world = worldOf(test(), 60, { files: 2 });
    const bucket = test().pipeline.workBucket;
    for (const operation of ['GetObject', 'PutObject', 'ListObjectsV2'] as const)
      test().engine.s3.faults.add({
        operation,
        bucket,
        times: 15,
        probability: 0.2,
        effect: { error: 'InternalError' },
      });
    test().engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: world.destination,
      times: 3,
      probability: 0.5,
      effect: { error: 'SlowDown' },
    });
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', verified: { copied: 60 } });
  });

  it('a worker that dies halfway through its chunk: another goes on behind what is on file', async () => {
    const world = worldOf(test(), 60);
    const fault = test().engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      skip: 10,
      times: 2,
      effect: { call: () => killCopyWorkers() },
    });
    const ended = await test().startAndWait(world.request);
    expect(fault.hits).toBe(2);
    const summary = expectBooks(test(), ended.runId);
    expect(summary).toMatchObject({ status: 'Verified', passes: 1, failed: 0 });
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  });

  it('an object that kills its worker every time: the rest of its chunk arrives, the object is a failure', async () => {
    const world = worldOf(test(), 60);
    const poison = Object.keys(world.contents(world.source))[25] ?? '';
    test().engine.s3.faults.add({
      operation: 'CopyObject',
      sourceKey: poison,
      // Never answered: the worker is dead before the object could be copied.
      effect: {
        call: () => {
          killCopyWorkers();
          return new Promise(() => undefined);
        },
      },
    });
    // One chunk at a time: the fault kills whoever is at work, and only this object's worker is meant.
    const ended = await test().startAndWait({ ...world.request, maxConcurrency: 1 });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    const summary = expectBooks(test(), ended.runId);
    expect(summary).toMatchObject({ failed: 1, verified: { identical: expect.any(Number) } });
    const missing = Object.keys(world.contents(world.source)).filter(
      (key) => !(key in world.contents(world.destination)),
    );
    expect(missing).toEqual([poison]);
    const open = (await test().failures(ended.runId)).filter(({ status }) => status === 'open');
    expect(open.map(({ key, cause }) => ({ key, cause }))).toContainEqual({ key: poison, cause: 'NotAttempted' });
  });

  it('objects that fail for a whole pass: the next one brings them, and their failures are resolved', async () => {
    const world = worldOf(test(), 60);
    const stubborn = Object.keys(world.contents(world.source)).filter((_, index) => index % 20 === 3);
    for (const key of stubborn)
      test().engine.s3.faults.add({
        operation: 'CopyObject',
        sourceKey: key,
        times: 5,
        effect: { error: 'InternalError' },
      });
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', passes: 2, verified: { copied: 60 } });
    const failures = await test().failures(ended.runId);
    expect(failures.map(({ key, cause, status, attempts }) => ({ key, cause, status, attempts }))).toEqual(
      expect.arrayContaining(stubborn.map((key) => ({ key, cause: 'InternalError', status: 'resolved', attempts: 1 }))),
    );
    expect(failures).toHaveLength(stubborn.length);
  });

  it('an object that something else puts an older one over between copy and check: the next pass copies it again', async () => {
    const world = worldOf(test(), 20);
    const [key = ''] = Object.keys(world.contents(world.source));
    // The first listing after the copies is VerifyChunk's.
    test().engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: world.destination,
      skip: 2,
      times: 1,
      effect: {
        call: () =>
          void test().engine.s3.putObject(world.destination, key, Buffer.from('a stranger'), { lastModified: 0 }),
      },
    });
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', passes: 2 });
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
    expect(await test().failures(ended.runId)).toMatchObject([{ key, cause: 'ChangedAfterCopy', status: 'resolved' }]);
  });
});

describe('A run that cannot be whole', () => {
  it('names the objects that may not be read, and the rest arrives', async () => {
    const world = worldOf(test(), 60);
    const denied = Object.keys(world.contents(world.source)).filter((_, index) => index % 10 === 7);
    const isDenied = (key: string) => denied.includes(key);
    test().engine.s3.faults.add({ operation: 'CopyObject', sourceKey: isDenied, effect: { error: 'AccessDenied' } });
    test().engine.s3.faults.add({
      operation: ['HeadObject', 'GetObject'],
      bucket: world.source,
      key: isDenied,
      effect: { error: 'AccessDenied' },
    });
    const ended = await test().startAndWait(world.request);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      status: 'VerificationIncomplete',
      failed: 6,
      verified: { copied: 54 },
      passes: 2,
    });
    const failures = await test().failures(ended.runId);
    expect(failures.map(({ key = '' }) => key).toSorted()).toEqual(denied.toSorted());
    for (const failure of failures)
      expect(failure).toMatchObject({ cause: 'AccessDenied', status: 'open', attempts: 2, pass: 2 });
    const rows = readReport(test(), ended.runId).filter(({ status }) => status === 'failed');
    expect(rows.map(({ key }) => key).toSorted()).toEqual(denied.toSorted());
    expect(rows[0]).toMatchObject({ errorCode: 'AccessDenied', httpStatus: '403' });
    const cause = runCause.parse(JSON.parse(ended.cause ?? '{}'));
    expect(cause.causes).toMatchObject([{ cause: 'AccessDenied', rows: 6 }]);
    expect(cause.message).toContain('6 of 60 objects');
    expect(cause.links).toEqual(test().summary(ended.runId)?.links);
    expect(cause.links.failures).toContain(`failures ${ended.runId}`);
  });

  it('stops early when nearly everything fails for one cause: the table holds a thousand, the report all of them', async () => {
    const world = worldOf(test(), 1_300);
    test().engine.s3.faults.add({ operation: 'CopyObject', effect: { error: 'AccessDenied' } });
    const ended = await test().startAndWait({ ...world.request, maxConcurrency: 2 });
    expect(ended.error).toBe('VerificationIncomplete');
    expect(ended.cause).toContain('Stopped early: nearly every row failed with AccessDenied');
    const summary = expectBooks(test(), ended.runId);
    expect(summary).toMatchObject({ passes: 1, failed: 1_300, verified: { identical: 0, copied: 0 } });
    const rows = readReport(test(), ended.runId);
    const byCode = (code: string) => rows.filter(({ errorCode }) => errorCode === code).length;
    expect(byCode('AccessDenied')).toBeGreaterThanOrEqual(1_000);
    expect(byCode('NotAttempted')).toBeGreaterThan(0);
    expect(byCode('AccessDenied') + byCode('NotAttempted')).toBe(1_300);
    const failures = await test().failures(ended.runId);
    expect(failures.filter(({ cause }) => cause === 'AccessDenied')).toHaveLength(1_000);
  });

  it('gives up when the passes are spent', async () => {
    const world = worldOf(test(), 20);
    test().engine.s3.faults.add({
      operation: 'CopyObject',
      sourceKey: (key) => key.endsWith('3.txt'),
      effect: { error: 'AccessDenied' },
    });
    const ended = await test().startAndWait({ ...world.request, maxPasses: 1 });
    expect(ended.error).toBe('VerificationIncomplete');
    expect(expectBooks(test(), ended.runId)).toMatchObject({ passes: 1, failed: 2 });
    expect(ended.cause).toContain('maxPasses');
  });
});

describe('A run that was stopped halfway', () => {
  it('is finished by the same request: what arrived is found, the rest is copied', async () => {
    const world = worldOf(test(), 80);
    let stop: Promise<unknown> | undefined;
    let arn = '';
    test().engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      skip: 30,
      times: 1,
      effect: { call: () => void (stop = test().sfn.send(new StopExecutionCommand({ executionArn: arn }))) },
    });
    arn = await test().start(world.request);
    const stopped = await test().ended(arn);
    await stop;
    expect(stopped.status).toBe('ABORTED');
    const ended = await test().startAndWait(world.request);
    const { verified } = expectBooks(test(), ended.runId);
    expect(verified.identical).toBeGreaterThanOrEqual(30);
    expect(verified.copied).toBeGreaterThan(0);
    expect(verified.identical + verified.copied).toBe(80);
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  });
});

/** Its function is terminated wherever it is; Step Functions sees Runtime.ExitError. */
function killCopyWorkers(): void {
  test().engine.lambda.killRunning(test().pipeline.functionNames['copy-chunk'] ?? '');
}
