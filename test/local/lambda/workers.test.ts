import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startLambda } from './lambda-service.js';

let service: Awaited<ReturnType<typeof startLambda>>;

afterEach(() => service.close());

describe('Workers', () => {
  beforeEach(async () => {
    service = await startLambda({ threads: 2 });
  });

  it('stay warm: module scope outlives an invocation', async () => {
    service.create({ name: 'obedient' });
    expect(await invoke('obedient', { do: 'count' })).toBe(1);
    expect(await invoke('obedient', { do: 'count' })).toBe(2);
  });

  it('start afresh after a function was killed', async () => {
    service.create({ name: 'obedient' });
    await invoke('obedient', { do: 'count' });
    const killed = service.lambda.invoke('obedient', '{"do":"hang"}');
    await kill('obedient');
    await killed;
    expect(await invoke('obedient', { do: 'count' })).toBe(1);
  });

  it('import what they need, also when they start from what an earlier worker compiled', async () => {
    service.create({ name: 'obedient' });
    for (let start = 0; start < 3; start += 1) {
      expect(await invoke('obedient', { do: 'import' })).toBe('b');
      await service.lambda.invoke('obedient', '{"do":"exit","code":0}');
    }
  });

  it('give each function a module scope of its own, even where two are made of one bundle', async () => {
    service.create({ name: 'first' });
    service.create({ name: 'second' });
    expect(await invoke('first', { do: 'count' })).toBe(1);
    expect(await invoke('second', { do: 'count' })).toBe(1);
  });

  it('give functions one module scope where they say that they share it', async () => {
    const single = await startLambda({ threads: 1 });
    try {
      for (const name of ['first', 'second']) single.create({ name, sharesModules: true });
      const count = async (name: string) => (await single.lambda.invoke(name, '{"do":"count"}')).payload;
      expect([await count('first'), await count('second'), await count('first')]).toEqual(['1', '2', '3']);
    } finally {
      await single.close();
    }
  });

  it('give each function its own environment', async () => {
    service.create({ name: 'first', environment: { SHADE: 'light' } });
    service.create({ name: 'second', environment: { SHADE: 'dark' } });
    for (const [name, SHADE] of [
      ['first', 'light'],
      ['second', 'dark'],
      ['first', 'light'],
    ] as const)
      expect(await invoke(name, { do: 'describe' })).toMatchObject({
        environment: { SHADE, AWS_LAMBDA_FUNCTION_NAME: name },
      });
  });

  it('run a hundred invocations at once, two at a time', async () => {
    service.create({ name: 'obedient' });
    const answers = await Promise.all(Array.from({ length: 100 }, () => invoke('obedient', { do: 'count' })));
    // Each worker counts its own: with two workers the counts sum up to a hundred invocations.
    const highest = answers.map(Number).sort((a, b) => b - a);
    expect(answers).toHaveLength(100);
    expect(highest[0]).toBeGreaterThanOrEqual(50);
  });

  it('serve more kinds of function than they keep workers for', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `kind-${n}`);
    for (const name of names) service.create({ name, environment: { KIND: name } });
    const answers = await Promise.all([...names, ...names].map((name) => invoke(name, { do: 'describe' })));
    expect(answers).toEqual(
      [...names, ...names].map((KIND) => expect.objectContaining({ environment: expect.objectContaining({ KIND }) })),
    );
  });
});

describe('With one thread', () => {
  beforeEach(async () => {
    service = await startLambda({ threads: 1 });
  });

  it('invocations wait their turn, first come first served', async () => {
    service.create({ name: 'a' });
    service.create({ name: 'b', memoryMb: 128 });
    const finished: number[] = [];
    await Promise.all(
      ['a', 'b', 'b', 'a', 'b', 'a'].map(async (name, turn) => {
        await invoke(name, { do: 'nothing' });
        finished.push(turn);
      }),
    );
    expect(finished).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('waiting for a thread does not count towards the timeout', async () => {
    service.create({ name: 'slow', timeoutMs: 500 });
    service.create({ name: 'quick', timeoutMs: 400 });
    const slow = service.lambda.invoke('slow', '{"do":"spin"}');
    expect((await service.lambda.invoke('quick', '{}')).functionError).toBeUndefined();
    expect((await slow).payload).toContain('Sandbox.Timedout');
  });

  it('a caller that gives up while waiting takes its invocation along', async () => {
    service.create({ name: 'obedient' });
    const running = service.lambda.invoke('obedient', '{"do":"hang"}');
    const impatient = new AbortController();
    const waiting = service.lambda.invoke('obedient', '{"do":"count"}', { signal: impatient.signal });
    impatient.abort(new Error('no longer wanted'));
    await expect(waiting).rejects.toThrow('no longer wanted');
    await kill('obedient');
    await running;
    expect(await invoke('obedient', { do: 'count' })).toBe(1);
  });

  it('a caller that gives up on a running invocation leaves it running, as on AWS', async () => {
    service.create({ name: 'obedient', timeoutMs: 300 });
    const impatient = new AbortController();
    const given = service.lambda.invoke('obedient', '{"do":"hang"}', { signal: impatient.signal });
    const next = service.lambda.invoke('obedient', '{}');
    impatient.abort(new Error('no longer wanted'));
    await expect(given).rejects.toThrow('no longer wanted');
    await next;
    expect(service.lambda.peaks()).toMatchObject([{ functionName: 'obedient', invocations: 2, errors: 1 }]);
  });
});

describe('close', () => {
  it('ends what runs and what waits', async () => {
    service = await startLambda({ threads: 1 });
    service.create({ name: 'obedient' });
    const running = service.lambda.invoke('obedient', '{"do":"spin"}');
    const waiting = service.lambda.invoke('obedient', '{}');
    const said = Promise.allSettled([running, waiting]);
    await new Promise((resolve) => setImmediate(resolve));
    await service.lambda.close();
    expect(await said).toEqual([
      { status: 'fulfilled', value: expect.objectContaining({ functionError: 'Unhandled' }) },
      {
        status: 'rejected',
        reason: expect.objectContaining({ message: expect.stringContaining('engine was closed') }),
      },
    ]);
  });
});

describe('killRunning', () => {
  beforeEach(async () => {
    service = await startLambda({ threads: 2 });
  });

  it('ends what the function runs now, as a dead worker, and leaves other functions alone', async () => {
    service.create({ name: 'victim' });
    service.create({ name: 'bystander', timeoutMs: 300 });
    const victim = service.lambda.invoke('victim', '{"do":"spin"}');
    const bystander = service.lambda.invoke('bystander', '{"do":"hang"}');
    await kill('victim');
    expect(JSON.parse((await victim).payload)).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: signal: killed$/,
      ),
    });
    expect((await bystander).payload).toContain('Sandbox.Timedout');
  });

  it('has nothing to do where nothing runs', () => {
    service.create({ name: 'idle' });
    expect(service.lambda.killRunning('idle')).toBe(0);
  });
});

describe('peaks', () => {
  beforeEach(async () => {
    service = await startLambda();
  });

  it('count invocations, errors and billed milliseconds, and know what a worker held at most', async () => {
    service.create({ name: 'modest' });
    service.create({ name: 'greedy' });
    await invoke('modest', {});
    await invoke('greedy', { do: 'hold', bytes: 50_000_000 });
    await invoke('greedy', { do: 'throw' });
    const [modest, greedy] = service.lambda.peaks();
    expect(modest).toMatchObject({ functionName: 'modest', invocations: 1, errors: 0 });
    expect(greedy).toMatchObject({ functionName: 'greedy', invocations: 2, errors: 1 });
    expect(greedy?.peakBytes).toBeGreaterThan(50_000_000);
    expect(modest?.peakBytes).toBeGreaterThan(1_000_000);
    expect(modest?.peakBytes).toBeLessThan(50_000_000);
    expect(greedy?.billedMs).toBeGreaterThan(0);
  });
});

describe('Threads', () => {
  it.each([0, -1, 1.5, Number.NaN])('cannot be %d', async (threads) => {
    service = await startLambda();
    await expect(startLambda({ threads })).rejects.toThrow(/^Expected at least one thread/);
  });
});

describe('A definition that Lambda would refuse', () => {
  beforeEach(async () => {
    service = await startLambda();
  });

  it.each([
    ['a timeout over 15 minutes', { timeoutMs: 900_001 }],
    ['no memory', { memoryMb: 0 }],
    ['a name that is an ARN', { name: 'arn:aws:lambda:eu-west-1:111122223333:function:x' }],
    ['a name that is none', { name: 'a b' }],
  ])('%s', (_title, definition) => {
    expect(() => service.create({ name: 'wrong', ...definition })).toThrow();
  });
});

async function invoke(name: string, order: object): Promise<unknown> {
  const { payload, functionError } = await service.lambda.invoke(name, JSON.stringify(order));
  return functionError && !('do' in order && order.do === 'throw')
    ? Promise.reject(new Error(payload))
    : JSON.parse(payload);
}

/** Kills the function's worker as soon as it has one. */
async function kill(name: string): Promise<void> {
  while (service.lambda.killRunning(name) === 0) await new Promise((resolve) => setImmediate(resolve));
}
