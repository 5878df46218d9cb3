import { DescribeMapRunCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ResultWriter } from '../../../local/step-functions/distributed-map/result-writer.js';
import { Payload } from '../../../local/step-functions/run/payload.js';
import { machine, task, useStepFunctions } from './support/service.js';

const under = useStepFunctions();

beforeEach(() => {
  under().objects.clear();
  under().functions.set('fn', (event: unknown) => {
    if (event === 'bad') throw Object.assign(new Error('no'), { name: 'Refused' });
    return event;
  });
});

function mapWriting(writer: object, more: object = {}): object {
  return machine({
    Copy: {
      Type: 'Map',
      Label: 'Copy',
      MaxConcurrency: 1,
      ToleratedFailurePercentage: 100,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Child',
        States: { Child: task('fn') },
      },
      ResultWriter: writer,
      End: true,
      ...more,
    },
  });
}

const destination = {
  Resource: 'arn:aws:states:::s3:putObject',
  Arguments: { Bucket: 'work', Prefix: "{% 'runs/' & 'r1' %}" },
};

function text(key: string): string {
  const body = under().objects.get(`work/${key}`);
  if (!body) throw new Error(`no object '${key}', but ${[...under().objects.keys()].join(', ')}`);
  return body.toString();
}

interface Written {
  MapRunArn: string;
  ResultWriterDetails: { Bucket: string; Key: string };
}

interface Manifest {
  DestinationBucket: string;
  MapRunArn: string;
  ResultFiles: Record<'FAILED' | 'PENDING' | 'SUCCEEDED', { Key: string; Size: number }[]>;
}

/** The lines of each result file. */
function files({ ResultFiles }: Manifest): Record<string, string[]> {
  return Object.fromEntries(
    Object.values(ResultFiles)
      .flat()
      .map(({ Key, Size }) => {
        expect(text(Key)).toHaveLength(Size);
        return [Key.split('/').at(-1), text(Key).split('\n')];
      }),
  );
}

describe('ResultWriter', () => {
  it('writes what the children came to, and a manifest that names the files', async () => {
    const { value } = await under().run(mapWriting(destination), ['a', 'bad']);
    const { MapRunArn, ResultWriterDetails } = value as Written;
    const id = MapRunArn.split(':').at(-1);
    expect(ResultWriterDetails).toEqual({ Bucket: 'work', Key: `runs/r1/${id}/manifest.json` });
    const manifest = JSON.parse(text(ResultWriterDetails.Key)) as Manifest;
    expect(manifest).toEqual({
      DestinationBucket: 'work',
      MapRunArn,
      ResultFiles: {
        FAILED: [{ Key: `runs/r1/${id}/FAILED_0.json`, Size: expect.any(Number) }],
        PENDING: [],
        SUCCEEDED: [{ Key: `runs/r1/${id}/SUCCEEDED_0.json`, Size: expect.any(Number) }],
      },
    });
    expect(JSON.parse(text(`runs/r1/${id}/SUCCEEDED_0.json`))).toEqual([
      {
        ExecutionArn: expect.stringContaining('/Copy:'),
        Input: '"a"',
        InputDetails: { Included: true },
        Name: expect.any(String),
        Output: '"a"',
        OutputDetails: { Included: true },
        RedriveCount: 0,
        RedriveStatus: 'NOT_REDRIVABLE',
        RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
        StartDate: expect.stringMatching(/^2026-.*Z$/),
        StateMachineArn: expect.stringMatching(/\/Copy$/),
        Status: 'SUCCEEDED',
        StopDate: expect.stringMatching(/^2026-.*Z$/),
      },
    ]);
    expect(JSON.parse(text(`runs/r1/${id}/FAILED_0.json`))).toEqual([
      expect.objectContaining({ Error: 'Refused', Input: '"bad"', Status: 'FAILED' }),
    ]);
  });

  it.each([
    ['NONE', 'JSONL', 2, /^\{.*"Output":"\[1,2\]"/],
    ['COMPACT', 'JSONL', 2, /^\[1,2\]$/],
    ['FLATTEN', 'JSONL', 3, /^1$/],
  ])('writes a child’s output with %s, as %s', async (Transformation, OutputType, lines, first) => {
    const writer = { ...destination, WriterConfig: { Transformation, OutputType } };
    const { value } = await under().run(mapWriting(writer), [[1, 2], 'a', 'bad']);
    const written = files(JSON.parse(text((value as Written).ResultWriterDetails.Key)) as Manifest);
    // Each line ends with a line break.
    expect(written['SUCCEEDED_0.jsonl']).toHaveLength(lines + 1);
    expect(written['SUCCEEDED_0.jsonl']?.[0]).toMatch(first);
    // A failure is always written whole.
    expect(JSON.parse(written['FAILED_0.jsonl']?.[0] ?? '')).toMatchObject({ Error: 'Refused', Status: 'FAILED' });
  });

  it('shapes the state’s own result where it has no destination', async () => {
    const writer = { WriterConfig: { Transformation: 'FLATTEN', OutputType: 'JSON' } };
    const { value } = await under().run(mapWriting(writer), [[1, 2], 'a']);
    expect(value).toEqual([1, 2, 'a']);
  });

  it('writes the files of a Map Run that failed too: items that never started are PENDING', async () => {
    const definition = mapWriting(
      { ...destination, WriterConfig: { Transformation: 'COMPACT', OutputType: 'JSONL' } },
      { ToleratedFailurePercentage: 0 },
    );
    const { error } = await under().run(definition, ['a', 'bad', 'c']);
    expect(error).toBe('States.ExceedToleratedFailureThreshold');
    const key = [...under().objects.keys()].find((each) => each.endsWith('/manifest.json')) as string;
    const written = files(JSON.parse(text(key.slice('work/'.length))) as Manifest);
    expect(written['SUCCEEDED_0.jsonl']).toEqual(['"a"', '']);
    expect(JSON.parse(written['PENDING_0.jsonl']?.[0] ?? '')).toEqual({
      ExecutionArn: expect.any(String),
      Input: '"c"',
      InputDetails: { Included: true },
      Name: expect.any(String),
      OutputDetails: { Included: true },
      RedriveCount: 0,
      RedriveStatus: 'REDRIVABLE_BY_MAP_RUN',
      StateMachineArn: expect.any(String),
      Status: 'PENDING',
    });
  });

  it('writes the files of a Map Run that was stopped', async () => {
    let arrived = () => {};
    const called = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    under().functions.set('fn', (event: unknown, signal) => {
      if (event === 'a') return event;
      arrived();
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
    const arn = await under().start(
      mapWriting({ ...destination, WriterConfig: { Transformation: 'COMPACT', OutputType: 'JSONL' } }),
      ['a', 'b', 'c'],
    );
    await called;
    await under().client.send(new StopExecutionCommand({ executionArn: arn }));
    const { status, events } = await under().finished(arn);
    expect(status).toBe('ABORTED');
    const mapRunArn = events[3]?.mapRunStartedEventDetails?.mapRunArn as string;
    const { itemCounts } = await under().client.send(new DescribeMapRunCommand({ mapRunArn }));
    expect(itemCounts).toMatchObject({ succeeded: 1, aborted: 1, pending: 1, resultsWritten: 3 });
    const manifest = JSON.parse(text(`runs/r1/${mapRunArn.split(':').at(-1)}/manifest.json`)) as Manifest;
    expect(Object.keys(files(manifest)).sort()).toEqual(['FAILED_0.jsonl', 'PENDING_0.jsonl', 'SUCCEEDED_0.jsonl']);
  });

  it('fails with States.ResultWriterFailed where it cannot write', async () => {
    const writer = { ...destination, Arguments: { Bucket: 'missing' } };
    const { error, cause, events } = await under().run(mapWriting(writer), ['a']);
    expect({ error, cause }).toEqual({
      error: 'States.ResultWriterFailed',
      cause: 'The specified bucket does not exist',
    });
    expect(events.map(({ type }) => type).slice(-3)).toEqual(['MapRunFailed', 'MapStateFailed', 'ExecutionFailed']);
  });

  it('begins another file where one would grow too large', async () => {
    const written = new Map<string, string>();
    const config = { transformation: 'COMPACT', outputType: 'JSONL' } as const;
    const writer = new ResultWriter(
      { bucket: 'b', prefix: 'p/' },
      config,
      async (_bucket, key, body) => {
        written.set(key, body.toString());
      },
      20,
    );
    for (const n of [1, 2, 3]) writer.add('SUCCEEDED', {}, Payload.ofValue(`row ${n}`.padEnd(7)));
    await writer.finish('arn:aws:states:eu-west-1:1:mapRun:m/l:id');
    expect([...written.keys()]).toEqual([
      'p/id/SUCCEEDED_0.jsonl',
      'p/id/SUCCEEDED_1.jsonl',
      'p/id/SUCCEEDED_2.jsonl',
      'p/id/manifest.json',
    ]);
    const lines = [...written].filter(([key]) => key.includes('SUCCEEDED')).map(([, body]) => body);
    expect(lines.join('')).toBe('"row 1  "\n"row 2  "\n"row 3  "\n');
  });
});

describe('A result that is longer than 256 KiB', () => {
  const many = Array.from({ length: 300 }, (_, n) => n);

  beforeEach(() => {
    under().functions.set('fn', () => 'x'.repeat(1_000));
  });

  it('fails a Map without a destination', async () => {
    const definition = mapWriting({ WriterConfig: { Transformation: 'COMPACT', OutputType: 'JSON' } });
    const { error } = await under().run(definition, many);
    expect(error).toBe('States.DataLimitExceeded');
  });

  it('is fine in a file', async () => {
    const { status } = await under().run(mapWriting(destination), many);
    expect(status).toBe('SUCCEEDED');
  });
});
