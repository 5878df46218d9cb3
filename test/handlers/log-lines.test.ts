import { InvokeCommand } from '@aws-sdk/client-lambda';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { METRICS_NAMESPACE, metricUnits } from '../../contracts/metrics.js';
import { useEngine } from '../support/engine.js';
import { newWorld, worldOf } from '../support/world.js';

interface Line {
  handler: string;
  text: string;
  fields: Record<string, unknown>;
}

const lines: Line[] = [];
const engine = {
  onLog: (functionName: string, text: string) => {
    const fields = JSON.parse(text) as Record<string, unknown>;
    lines.push({ handler: functionName.replace(/^s3-backfill-[a-z]+-/, ''), text, fields });
  },
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
};
const pipeline = { pair: 'photos', chunkRows: 10, retryDelayMs: 1 };
const test = useEngine({ engine, pipeline });

beforeEach(() => void lines.splice(0));

describe('An invocation of a handler logs one line of JSON', () => {
  it('each, when it ends: with the pair, the run, the pass, the chunk and the request', async () => {
    const world = worldOf(test(), 25);
    // A second pass, and a chunk of it.
    test().engine.s3.faults.add({ operation: 'CopyObject', times: 1, effect: { error: 'AccessDenied' } });
    const before = invocations();
    await test().startAndWait(world.request, 'logged');
    const ended = lines.filter(({ fields }) => fields['_aws'] === undefined);
    expect(ended).toHaveLength(invocations() - before);
    const placed = ended.map(({ handler, fields: { pass, chunk } }) => [handler, pass, chunk].filter(isSaid).join(' '));
    expect(placed.toSorted()).toEqual([
      'copy-chunk 1 0-0',
      'copy-chunk 1 0-1',
      'copy-chunk 1 0-2',
      'copy-chunk 2 p2-0',
      'index-file',
      'plan-pass',
      'prepare-run',
      'report-run 2',
      'tally-pass 1',
      'tally-pass 2',
      'verify-chunk 1 0-0',
      'verify-chunk 1 0-1',
      'verify-chunk 1 0-2',
      'verify-chunk 2 p2-0',
    ]);
    for (const { fields } of ended) {
      const { pass: _, chunk: __, ...rest } = fields;
      expect(rest).toEqual({
        level: 'INFO',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        message: 'ended',
        pair: 'photos',
        run: 'logged',
        requestId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f-]{27}$/),
        milliseconds: expect.any(Number),
      });
    }
    expect(new Set(ended.map(({ fields }) => fields['requestId'])).size).toBe(ended.length);
  });

  it('with no object’s key in it: neither its event’s nor its answer’s', async () => {
    const world = newWorld(test());
    for (const key of ['payroll/first.csv', 'payroll/second.csv']) world.put(key);
    world.takeInventory();
    await test().startAndWait({ ...world.request, include: ['payroll/*'] });
    expect(lines.length).toBeGreaterThan(6);
    for (const { text } of lines) expect(text).not.toContain('payroll');
  });

  it('of the place of this invocation, and not of the one before in the same worker', async () => {
    const world = worldOf(test(), 5);
    await test().startAndWait(world.request, 'before');
    lines.splice(0);
    await invoke('report-run', { runId: 'not-there', pass: 3 });
    await invoke('prepare-run', { runId: 'neither', executionArn: 'arn' });
    expect(lines.map(({ fields: { run, pass, chunk } }) => ({ run, pass, chunk }))).toEqual([
      { run: 'not-there', pass: 3, chunk: undefined },
      { run: 'neither', pass: undefined, chunk: undefined },
    ]);
  });
});

describe('An invocation that fails logs what failed', () => {
  it('by name, words and place in the code, with S3’s own error as the cause: no header, no credential, no event', async () => {
    const world = newWorld(test());
    world.put('payroll/secret.csv');
    world.takeInventory();
    const { s3 } = test().engine;
    s3.faults.add({ operation: 'ListObjectsV2', bucket: world.source, effect: { error: 'AccessDenied' } });
    const ended = await test().startAndWait({ ...world.request, include: ['payroll/*'] }, 'denied');
    s3.faults.clear();
    // The console shows the sentence, and no trace of a bundle: that is in the log.
    expect(JSON.parse(ended.cause ?? '')).toEqual({
      errorType: 'SourceUnreadable',
      errorMessage: expect.stringContaining('S3 answered AccessDenied'),
      trace: [expect.stringMatching(/^SourceUnreadable: .*S3 answered AccessDenied/)],
    });
    expect(lines).toHaveLength(1);
    const [{ text, fields } = never()] = lines;
    expect(fields).toEqual({
      level: 'ERROR',
      timestamp: expect.any(String),
      message: 'failed',
      pair: 'photos',
      run: 'denied',
      requestId: expect.any(String),
      milliseconds: expect.any(Number),
      error: {
        name: 'SourceUnreadable',
        message: expect.stringContaining('S3 answered AccessDenied'),
        stack: expect.stringMatching(/^SourceUnreadable: .*\n\s+at /),
        cause: {
          name: 'AccessDenied',
          message: 'Access Denied',
          stack: expect.stringContaining('\n'),
          cause: {
            name: 'AccessDenied',
            message: 'Access Denied',
            stack: expect.stringContaining('\n'),
            awsRequestId: expect.any(String),
          },
        },
      },
    });
    expectNoSecret(text);
    expect(text).not.toContain('payroll');
  });

  it('also where the event is none that it takes, and then too without the event', async () => {
    await invoke('copy-chunk', { runId: 'r', pass: 0, chunk: { id: '0-0', first: 'payroll/a' }, token: 'hunter2' });
    await invoke('verify-chunk', 'hunter2');
    await invoke('verify-chunk', { runId: 'hunter2'.repeat(100), pass: 'hunter2', chunk: 'hunter2' });
    expect(
      lines.map(({ handler, fields: { level, pair, run, pass, chunk } }) => [handler, level, pair, run, pass, chunk]),
    ).toEqual([
      ['copy-chunk', 'ERROR', 'photos', 'r', 0, '0-0'],
      ['verify-chunk', 'ERROR', 'photos', undefined, undefined, undefined],
      ['verify-chunk', 'ERROR', 'photos', undefined, undefined, undefined],
    ]);
    for (const { text, fields } of lines) {
      expect(fields['error']).toMatchObject({ name: 'ZodError', stack: expect.stringContaining('\n') });
      expectNoSecret(text);
      expect(text).not.toMatch(/hunter2|payroll/);
    }
  });

  it('of a request too: what it says is not repeated', async () => {
    await test().startAndWait({ source: { bucket: 'photos' }, maxPasses: 'hunter2', include: 'payroll' }, 'invalid');
    expect(lines.map(({ fields: { level, run } }) => [level, run])).toEqual([['ERROR', 'invalid']]);
    expect(lines[0]?.fields['error']).toMatchObject({ name: 'InvalidRequest' });
    expect(lines[0]?.text).not.toMatch(/hunter2|payroll/);
  });
});

describe('ReportRun publishes the run’s metrics in one line that CloudWatch reads', () => {
  it('under one namespace, with the pair as the only dimension', async () => {
    const world = worldOf(test(), 25);
    await test().startAndWait(world.request);
    const published = lines.filter(({ fields }) => fields['_aws'] !== undefined);
    expect(published.map(({ handler }) => handler)).toEqual(['report-run']);
    const names = [
      'ObjectsCopied',
      'BytesCopied',
      'ObjectsListed',
      'ObjectsFailed',
      'RunsIncomplete',
      'ObjectsPerSecond',
    ] as const;
    expect(published[0]?.fields).toEqual({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: METRICS_NAMESPACE,
            Dimensions: [['pair']],
            Metrics: names.map((Name) => ({ Name, Unit: metricUnits[Name] })),
          },
        ],
      },
      pair: 'photos',
      ObjectsCopied: 25,
      BytesCopied: expect.any(Number),
      ObjectsListed: 25,
      ObjectsFailed: 0,
      RunsIncomplete: 0,
      ObjectsPerSecond: expect.any(Number),
    });
  });

  it('of its own run each: two runs in one worker do not add up', async () => {
    const world = worldOf(test(), 5);
    await test().startAndWait(world.request);
    await test().startAndWait(world.request);
    expect(published().map(({ ObjectsCopied }) => ObjectsCopied)).toEqual([5, 0]);
  });

  it('also of a run that is incomplete, and none of a run that only counted', async () => {
    const world = worldOf(test(), 5);
    await test().startAndWait({ ...world.request, dryRun: true });
    expect(published()).toEqual([]);
    const { s3 } = test().engine;
    s3.faults.add({ operation: 'CopyObject', effect: { error: 'AccessDenied' } });
    await test().startAndWait({ ...world.request, maxPasses: 1 });
    s3.faults.clear();
    expect(published()).toMatchObject([{ pair: 'photos', RunsIncomplete: 1, ObjectsFailed: 5 }]);
  });
});

function published() {
  return lines.flatMap(({ fields }) => (fields['_aws'] === undefined ? [] : [fields]));
}

function invocations(): number {
  return test()
    .engine.lambda.peaks()
    .reduce((sum, { invocations }) => sum + invocations, 0);
}

async function invoke(handler: string, event: unknown): Promise<void> {
  const FunctionName = test().pipeline.functionNames[handler];
  const { FunctionError } = await test().lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
  );
  expect(FunctionError).toBe('Unhandled');
}

function expectNoSecret(text: string): void {
  const { accessKeyId, secretAccessKey } = engine.credentials;
  for (const secret of [accessKeyId, secretAccessKey]) expect(text).not.toContain(secret);
  expect(text).not.toMatch(/authorization|AWS4-HMAC|x-amz-|amz-sdk|user-agent|\$metadata|\$response/i);
}

function isSaid(value: unknown): boolean {
  return value !== undefined;
}

function never(): never {
  throw new Error('nothing was logged');
}
