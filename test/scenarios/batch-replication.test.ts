import { DescribeJobCommand, ListJobsCommand, type S3ControlClient } from '@aws-sdk/client-s3-control';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createS3ControlClient } from '../../adapters/s3/s3-control-client.js';
import { enableVersioning, replicate } from '../support/replicated.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, readReport, type World } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 20, retryDelayMs: 1 } });
let control: S3ControlClient;

beforeAll(() => {
  const { endpoint, region, credentials } = test().engine;
  control = createS3ControlClient({ endpoint, region, credentials }, 1);
});
afterEach(() => {
  test().engine.s3.faults.clear();
  test().engine.s3Control.faults.clear();
});
afterAll(() => control.destroy());

describe('A run of engine batch-replication', () => {
  it('has S3 replicate what was there before the rule, by one job, and proves each by what is listed', async () => {
    const world = await worldOfOld(60);
    // Live replication brings this one.
    world.put('newer.txt');
    await test().engine.s3.replication.settled();
    world.takeInventory();
    test().engine.s3.requests.reset();
    const ended = await test().startAndWait(world.request);
    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      status: 'Verified',
      expected: 61,
      verified: { identical: 1, copied: 60 },
      evidence: { etag: 61 },
      passes: 1,
    });
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
    const [job] = await jobsOf(ended.runId);
    expect(job).toMatchObject({ Status: 'Complete', ProgressSummary: { NumberOfTasksSucceeded: 60 } });
    // S3 did it: nothing was written to the destination over the wire.
    for (const operation of ['PutObject', 'CopyObject', 'CreateMultipartUpload'] as const)
      expect(test().engine.s3.requests.count({ operation, bucket: world.destination })).toBe(0);
  });

  it('of what is there already starts no job', async () => {
    const world = await worldOfOld(5);
    await test().startAndWait(world.request);
    const again = await test().startAndWait(world.request);
    expect(expectBooks(test(), again.runId)).toMatchObject({ verified: { identical: 5, copied: 0 } });
    expect(await jobsOf(again.runId)).toEqual([]);
  });

  it('that is dry starts none either, and says what a job would bring over', async () => {
    const world = await worldOfOld(5);
    const dry = await test().startAndWait({ ...world.request, dryRun: true });
    expect(expectBooks(test(), dry.runId)).toMatchObject({ status: 'DryRun', wouldCopy: { objects: 5 } });
    expect(await jobsOf(dry.runId)).toEqual([]);
  });

  it('takes the version that is current now: what was deleted since is gone, what was replaced is drift', async () => {
    const world = await worldOfOld(10, { rule: false });
    const [deleted = '', replaced = ''] = Object.keys(world.contents(world.source));
    test().engine.s3.deleteObject(world.source, deleted);
    test().engine.s3.putObject(world.source, replaced, Buffer.from('newer'));
    await replicate(test(), world);
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({ verified: { copied: 9 }, gone: 1, drift: 1 });
    expect(world.contents(world.destination)[replaced]).toBe('newer');
  });

  it('counts what is archived as archived, and gives no job to it', async () => {
    const world = await worldOfOld(3, { rule: false });
    for (const storageClass of ['GLACIER', 'DEEP_ARCHIVE'] as const)
      test().engine.s3.putObject(world.source, `${storageClass}.bin`, Buffer.from('ice'), { storageClass });
    world.takeInventory();
    await replicate(test(), world);
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      status: 'Verified',
      verified: { copied: 3 },
      archived: 2,
    });
    expect((await jobsOf(ended.runId))[0]?.ProgressSummary).toMatchObject({ TotalNumberOfTasks: 3 });
  });

  it('names a task that fails by S3’s own cause, in report and failure table, and tries it in another pass', async () => {
    const world = await worldOfOld(30);
    const [bad = '', twice = ''] = Object.keys(world.contents(world.source));
    const { faults } = test().engine.s3Control;
    faults.add({ key: bad, effect: { failTask: { code: 'DstPutObjectNotPermitted', status: 403 } } });
    faults.add({ key: twice, times: 1, effect: { failTask: { code: 'SrcGetObjectNotPermitted', status: 403 } } });
    const ended = await test().startAndWait(world.request);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(ended.cause).toContain('DstPutObjectNotPermitted');
    const summary = expectBooks(test(), ended.runId);
    expect(summary).toMatchObject({ verified: { copied: 29 }, failed: 1 });
    expect(readReport(test(), ended.runId).find(({ key }) => key === bad)).toMatchObject({
      status: 'failed',
      errorCode: 'DstPutObjectNotPermitted',
      httpStatus: '403',
    });
    expect(await test().failures(ended.runId)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ key: bad, status: 'open', cause: 'DstPutObjectNotPermitted' }),
        expect.objectContaining({ key: twice, status: 'resolved', cause: 'SrcGetObjectNotPermitted' }),
      ]),
    );
    // What fails for good ends the run when a pass makes no progress.
    expect(await jobsOf(ended.runId)).toHaveLength(summary.passes);
    // Mended, it is redriven.
    faults.clear();
    const { runId } = ended;
    const redriven = await test().startAndWait({ ...world.request, manifest: { failuresOf: runId } });
    expect(expectBooks(test(), redriven.runId)).toMatchObject({ status: 'Verified', verified: { copied: 1 } });
  });

  it('names what the rule leaves out, by S3’s own cause', async () => {
    const world = await worldOfOld(9, { rule: false });
    await replicate(test(), world, { Filter: { Prefix: 'folder 1/' } });
    const ended = await test().startAndWait({ ...world.request, maxPasses: 1 });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ verified: { copied: 3 }, failed: 6 });
    expect(new Set((await test().failures(ended.runId)).map(({ cause }) => cause))).toEqual(
      new Set(['SrcObjectNotEligible']),
    );
  });

  it('owes what a job that fails did not come to, with the job’s own reason', async () => {
    const world = await worldOfOld(4);
    test().engine.s3Control.faults.add({ effect: { failJob: { code: 'InvalidManifestContent', reason: 'Odd.' } } });
    const ended = await test().startAndWait(world.request);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ failed: 4, passes: 1 });
    for (const { cause, message } of await test().failures(ended.runId)) {
      expect(cause).toBe('InvalidManifestContent');
      expect(message).toMatch(/^Job [\w-]+ of S3 Batch Replication ended as Failed before this object\. .*Odd\.$/);
    }
  });

  it('is tried again by another job where one fails once', async () => {
    const world = await worldOfOld(40);
    const { faults } = test().engine.s3Control;
    const [first = ''] = Object.keys(world.contents(world.source));
    test().engine.s3.putObject(world.destination, first, Buffer.from(`body of ${first}`));
    faults.add({ times: 1, effect: { failJob: { code: 'InternalError', reason: 'Once.' } } });
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', verified: { copied: 39 }, passes: 2 });
    expect(new Set((await jobsOf(ended.runId)).map(({ Status }) => Status))).toEqual(new Set(['Complete', 'Failed']));
  });

  it('gives its job no more than maxObjects, and the next run goes on', async () => {
    const world = await worldOfOld(10);
    const ended = await test().startAndWait({ ...world.request, maxObjects: 4, maxConcurrency: 1 });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'StoppedByFence' });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ verified: { copied: 4 }, failed: 6 });
    expect((await jobsOf(ended.runId))[0]?.ProgressSummary).toMatchObject({ TotalNumberOfTasks: 4 });
    const next = await test().startAndWait({ ...world.request, manifest: { failuresOf: ended.runId } });
    expect(expectBooks(test(), next.runId)).toMatchObject({ status: 'Verified', verified: { copied: 6 } });
  });

  it('that S3 does not replicate again, since the replica was deleted by its version, is named', async () => {
    const world = await worldOfOld(3);
    await test().startAndWait(world.request);
    const { s3 } = test().engine;
    const [lost = ''] = Object.keys(world.contents(world.destination));
    for (const { key, versionId } of s3.listVersions(world.destination))
      if (key === lost) s3.deleteObject(world.destination, key, versionId);
    const ended = await test().startAndWait({ ...world.request, maxPasses: 2 });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ verified: { identical: 2 }, failed: 1 });
    expect(await test().failures(ended.runId)).toMatchObject([{ key: lost, cause: 'DstObjectHardDeleted' }]);
    // The remedy that it is told.
    const repaired = await test().startAndWait({ ...world.request, engine: 'copy' });
    expect(expectBooks(test(), repaired.runId)).toMatchObject({ status: 'Verified', verified: { copied: 1 } });
  });

  it('is patient with S3 Control, and makes no second job where StartJob is tried again', async () => {
    const world = await worldOfOld(4);
    const { faults } = test().engine.s3Control;
    for (const operation of ['CreateJob', 'DescribeJob'])
      faults.add({ operation, times: 6, effect: { error: 'TooManyRequestsException' } });
    // The worker dies when S3 has made the job and before that is on file.
    const handler = test().pipeline.functionNames['start-job'] ?? '';
    test().engine.s3.faults.add({
      operation: 'PutObject',
      key: (key) => key.startsWith('jobs/'),
      times: 1,
      effect: { call: () => void test().engine.lambda.killRunning(handler) },
    });
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', verified: { copied: 4 } });
    expect(await jobsOf(ended.runId)).toHaveLength(1);
  });

  it('that is stopped leaves its job to S3; the next run cancels it and takes over', async () => {
    const world = await worldOfOld(4);
    const { faults } = test().engine.s3Control;
    faults.add({ times: 1, effect: { hang: 'untilCancelled' } });
    const executionArn = await test().start(world.request);
    const runId = executionArn.split(':').at(-1) ?? '';
    while ((await jobsOf(runId))[0]?.Status !== 'Active') await new Promise((resolve) => setTimeout(resolve, 5));
    await test().sfn.send(new StopExecutionCommand({ executionArn }));
    expect((await jobsOf(runId))[0]?.Status).toBe('Active');
    const next = await test().startAndWait(world.request);
    expect(expectBooks(test(), next.runId)).toMatchObject({ status: 'Verified', verified: { copied: 4 } });
    expect((await jobsOf(runId))[0]).toMatchObject({
      Status: 'Cancelled',
      StatusUpdateReason: `Run ${next.runId} of s3-backfill takes over.`,
    });
  });
});

describe('A run of engine batch-replication is refused before anything is started', () => {
  it.each<[string, (world: World) => Promise<void>, string]>([
    ['there is no rule', () => Promise.resolve(), 'ReplicationRuleMissing'],
    ['the rule is disabled', (world) => replicate(test(), world, { Status: 'Disabled' }), 'ReplicationRuleMissing'],
  ])('where %s', async (_, prepare, error) => {
    const world = await worldOfOld(2, { rule: false });
    await prepare(world);
    expect(await test().startAndWait(world.request)).toMatchObject({ status: 'FAILED', error });
  });

  it('where a bucket has no versioning', async () => {
    const world = newWorld(test());
    world.put('a.txt');
    world.takeInventory();
    const request = { ...world.request, engine: 'batch-replication' };
    expect(await test().startAndWait(request)).toMatchObject({ error: 'SourceUnversioned' });
    await enableVersioning(test(), world.source);
    expect(await test().startAndWait(request)).toMatchObject({ error: 'DestinationUnversioned' });
  });

  it('where keys would not be kept', async () => {
    const world = await worldOfOld(2);
    const destination = { bucket: world.destination, prefix: 'elsewhere/' };
    expect(await test().startAndWait({ ...world.request, destination })).toMatchObject({
      error: 'InvalidRequest',
      cause: expect.stringContaining('destination.prefix'),
    });
  });
});

/** Objects that were there before the rule, and an inventory of them; the first of them older than versioning. */
async function worldOfOld(count: number, { rule = true } = {}): Promise<World> {
  const world = newWorld(test());
  const keyOf = (index: number) => `folder ${index % 3}/object+${String(index).padStart(5, '0')}.txt`;
  world.put(keyOf(0));
  for (const bucket of [world.source, world.destination]) await enableVersioning(test(), bucket);
  for (let index = 1; index < count; index++) world.put(keyOf(index));
  world.takeInventory();
  world.request.engine = 'batch-replication';
  if (rule) await replicate(test(), world);
  return world;
}

/** The jobs that a run made, as S3 describes them, the first one first. */
async function jobsOf(runId: string) {
  const AccountId = test().engine.accountId;
  const { Jobs = [] } = await control.send(new ListJobsCommand({ AccountId }));
  const jobs = await Promise.all(Jobs.map(({ JobId }) => control.send(new DescribeJobCommand({ AccountId, JobId }))));
  return jobs.flatMap(({ Job }) => (Job?.Description?.includes(`run ${runId},`) ? [Job] : []));
}
