import { beforeAll, describe, expect, it } from '@jest/globals';
import { findPair } from '../../adapters/step-functions/deployed-pair.js';
import { useEngine } from '../support/engine.js';
import { boundsOf, newWorld, type World } from '../support/world.js';
import { environmentOf, type } from './support/command-line.js';

const BOUNDS = boundsOf('bound-cli', { source: { bucket: 'bound-cli-source', prefix: 'photos/' } });
const test = useEngine({ pipeline: { pair: 'photos', bounds: BOUNDS } });
let world: World;

beforeAll(() => {
  world = newWorld(test(), 'bound-cli');
  for (const key of ['photos/2023/a', 'photos/2024/b', 'other/c']) world.put(key);
  world.takeInventory();
});

const start = (words: string, stdin = '') =>
  type(`start --pair photos --endpoint-url ${test().engine.endpoint}${words}`, {
    env: environmentOf(test().engine),
    stdin,
  });

async function inputOf(name: string): Promise<unknown> {
  const executionArn = `${test().pipeline.stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  const { body } = await test().engine.stepFunctions.handle('DescribeExecution', { executionArn });
  return JSON.parse((body as { input: string }).input);
}

describe('s3-backfill start of a pair that knows its buckets', () => {
  it('needs no request: it is all of the pair', async () => {
    const { code, stdout } = await start(' --name whole --watch');
    expect(code).toBe(0);
    expect(stdout).toMatch(/verified {7}2 = 0 identical \+ 2 copied/);
    expect(await inputOf('whole')).toEqual({});
  });

  it('sends what a person wrote, and no more', async () => {
    const request = { source: { prefix: 'photos/2023/' }, dryRun: true };
    const { code, stdout } = await start(' --input - --name part --watch', JSON.stringify(request));
    expect(code).toBe(0);
    expect(stdout).toMatch(/expected {7}1 = 1 verified/);
    expect(await inputOf('part')).toEqual(request);
  });

  it('redrives an earlier run by its name alone, and the run says with which input', async () => {
    const fault = test().engine.s3.faults.add({
      operation: 'CopyObject',
      sourceKey: 'photos/late',
      effect: { error: 'AccessDenied' },
    });
    world.put('photos/late');
    world.takeInventory();
    expect(await start(' --name wrecked --watch')).toMatchObject({ code: 1 });
    fault.remove();
    const { links } = test().summary('wrecked') ?? {};
    expect(links).toMatchObject({
      redrive: 'npx s3-backfill start --redrive wrecked --pair photos',
      redriveInput: '{"manifest":{"failuresOf":"wrecked"}}',
    });
    const { code, stdout } = await start(' --redrive wrecked --name mended --watch');
    expect(code).toBe(0);
    expect(stdout).toMatch(/manifest rows {2}1 = /);
    expect(await inputOf('mended')).toEqual(JSON.parse(links?.redriveInput ?? ''));
    const part = await start(
      ' --redrive wrecked --input - --name part-mended --watch',
      '{"source": {"prefix": "photos/2023/"}}',
    );
    expect(part.stdout).toMatch(/manifest rows {2}1 = 1 out of scope \+ 0 expected/);
  });

  it.each([
    ['another bucket', { source: { bucket: 'others' } }, 'source.bucket: expected bound-cli-source'],
    ['another prefix', { source: { prefix: 'other/' } }, 'source.prefix: expected one that begins with "photos/"'],
    ['another inventory', { manifest: 's3://others/manifest.json' }, 'expected one of this pair'],
    ['a field that is none', { dryrun: true }, 'dryrun'],
    ['no object', null, 'the input: '],
  ])('refuses %s before anything is started', async (_, request, words) => {
    const { code, stdout, stderr } = await start(' --input - --name refused', JSON.stringify(request));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    await expect(inputOf('refused')).rejects.toThrow();
  });
});

describe('A deployed pair', () => {
  it('says what its runs are bound to, as its state machine does', async () => {
    const { engine, pipeline } = test();
    for (const choice of [{ pair: 'photos' }, { stateMachineArn: pipeline.stateMachineArn }])
      expect(await findPair(engine, choice)).toMatchObject({ pair: 'photos', bounds: BOUNDS });
  });

  it.each([
    ['no JSON of a pair', { pair: '{' }],
    ['no pair', {}],
    ['a pair of another shape', { pair: '{"name":"odd","bounds":{}}' }],
  ])('has no bounds where its definition has %s', async (title, Payload) => {
    const { engine } = test();
    const task = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: 'f', Payload },
      End: true,
    };
    const definition = JSON.stringify({
      QueryLanguage: 'JSONata',
      StartAt: 'PrepareRun',
      States: { PrepareRun: task },
    });
    const { body } = await engine.stepFunctions.handle('CreateStateMachine', {
      name: `odd-${title.replaceAll(' ', '-')}`,
      definition,
      roleArn: `arn:aws:iam::${engine.accountId}:role/odd`,
      tags: [
        { key: 's3-backfill:pair', value: 'odd' },
        { key: 's3-backfill:work-bucket', value: 'work' },
        { key: 's3-backfill:failure-table', value: 'table' },
      ],
    });
    const { stateMachineArn } = body as { stateMachineArn: string };
    expect(await findPair(engine, { stateMachineArn })).toMatchObject({ pair: 'odd', bounds: undefined });
  });
});
