import {
  DeleteRuleCommand,
  DescribeRuleCommand,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
  ListRuleNamesByTargetCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  StartReplayCommand,
  type Target,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { openQueueWorld, type QueueWorld } from '../lambda/queue-world.js';

let world: QueueWorld;
let permits = (_call: AwsCall): boolean => true;

beforeAll(async () => {
  world = await openQueueWorld({ access: { permits: (call) => permits(call) } });
});
afterAll(() => world.close());
beforeEach(() => {
  permits = () => true;
  world.engine.events.faults.clear();
});

const PATTERN = JSON.stringify({ source: ['test'] });

const putRule = (Name: string, EventPattern = PATTERN) => world.events.send(new PutRuleCommand({ Name, EventPattern }));
const putTargets = (Rule: string, ...Targets: Target[]) => world.events.send(new PutTargetsCommand({ Rule, Targets }));
/** Events, and all that becomes of them. */
const put = async (...details: object[]) => {
  const Entries = details.map((detail) => ({ Source: 'test', DetailType: 'Test', Detail: JSON.stringify(detail) }));
  const answer = await world.events.send(new PutEventsCommand({ Entries }));
  await world.engine.events.idle();
  return answer;
};
const bodies = (queue: string) =>
  world.engine.sqs.messages(queue).map(({ body }) => JSON.parse(body) as { detail: { n: number } });

/** A rule with a queue of its own name, which lets it in. */
async function makeRule(name: string, more: Partial<Target> = {}) {
  await world.queue(name, { Policy: world.letsRules(name) });
  await putRule(name, JSON.stringify({ source: ['test'], detail: { for: [name] } }));
  await putTargets(name, { Id: 'queue', Arn: world.arnOf(name), ...more });
}

describe('A rule', () => {
  it('is put, described, switched off and on, listed and deleted', async () => {
    const { events, arnOf } = world;
    const Arn = 'arn:aws:events:us-east-1:123456789012:rule/life';
    expect((await putRule('life')).RuleArn).toBe(Arn);
    expect(await events.send(new DescribeRuleCommand({ Name: 'life' }))).toMatchObject({
      Name: 'life',
      Arn,
      EventPattern: PATTERN,
      State: 'ENABLED',
      EventBusName: 'default',
      CreatedBy: '123456789012',
    });
    await events.send(new DisableRuleCommand({ Name: 'life' }));
    expect((await events.send(new DescribeRuleCommand({ Name: 'life' }))).State).toBe('DISABLED');
    await events.send(new EnableRuleCommand({ Name: 'life' }));
    await putTargets('life', { Id: 'a', Arn: arnOf('life') });
    const { Rules } = await events.send(new ListRulesCommand({ NamePrefix: 'li' }));
    expect(Rules).toMatchObject([{ Name: 'life', State: 'ENABLED' }]);
    const { RuleNames } = await events.send(new ListRuleNamesByTargetCommand({ TargetArn: arnOf('life') }));
    expect(RuleNames).toEqual(['life']);
    await expect(events.send(new DeleteRuleCommand({ Name: 'life' }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: "Rule can't be deleted since it has targets.",
    });
    await events.send(new RemoveTargetsCommand({ Rule: 'life', Ids: ['a'] }));
    await events.send(new DeleteRuleCommand({ Name: 'life' }));
    await expect(events.send(new DescribeRuleCommand({ Name: 'life' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Rule life does not exist on EventBus default.',
    });
  });

  it('is listed in pages', async () => {
    for (const name of ['page-2', 'page-1', 'page-3']) await putRule(name);
    const first = await world.events.send(new ListRulesCommand({ NamePrefix: 'page-', Limit: 2 }));
    const rest = await world.events.send(
      new ListRulesCommand({ NamePrefix: 'page-', Limit: 2, NextToken: first.NextToken }),
    );
    expect([first.Rules, rest.Rules].map((page) => page?.map(({ Name }) => Name))).toEqual([
      ['page-1', 'page-2'],
      ['page-3'],
    ]);
    expect(rest.NextToken).toBeUndefined();
  });

  it('has targets, five at most, each by its id', async () => {
    const { events, arnOf } = world;
    await putRule('five');
    const target = (Id: string): Target => ({
      Id,
      Arn: arnOf(`target-${Id}`),
      RetryPolicy: { MaximumRetryAttempts: 3 },
      DeadLetterConfig: { Arn: arnOf('dead') },
    });
    expect(await putTargets('five', target('b'), target('a'))).toMatchObject({ FailedEntryCount: 0 });
    const { Targets } = await events.send(new ListTargetsByRuleCommand({ Rule: 'five' }));
    expect(Targets).toEqual([target('a'), target('b')]);
    await expect(putTargets('five', target('c'), target('d'), target('e'), target('f'))).rejects.toMatchObject({
      name: 'LimitExceededException',
    });
    const { FailedEntries } = await events.send(new RemoveTargetsCommand({ Rule: 'five', Ids: ['a', 'z'] }));
    expect(FailedEntries).toMatchObject([{ TargetId: 'z', ErrorCode: 'ResourceNotFoundException' }]);
  });

  it('has its pattern tried before it is put', async () => {
    const event = {
      id: '1',
      account: '1',
      source: 'test',
      time: '2026-01-01T00:00:00Z',
      region: 'x',
      'detail-type': 'T',
    };
    const test = (pattern: string, given: object) =>
      world.events.send(new TestEventPatternCommand({ EventPattern: pattern, Event: JSON.stringify(given) }));
    expect((await test(PATTERN, event)).Result).toBe(true);
    expect((await test('{"source":["other"]}', event)).Result).toBe(false);
    await expect(test(PATTERN, { source: 'test' })).rejects.toThrow('Parameter Event is not valid.');
    await expect(test('{"source":"other"}', event)).rejects.toMatchObject({ name: 'InvalidEventPatternException' });
  });

  it.each([
    [
      'without a pattern',
      { Name: 'bad' },
      'ValidationException',
      /EventPattern or ScheduleExpression must be specified/,
    ],
    [
      'with a bad pattern',
      { Name: 'bad', EventPattern: '{"source":"test"}' },
      'InvalidEventPatternException',
      /^Event pattern is not valid\. Reason: "source" must be an object or an array$/,
    ],
    ['with a bad name', { Name: 'a b', EventPattern: PATTERN }, 'ValidationException', /regular expression/],
    [
      'on a schedule, by name',
      { Name: 'bad', ScheduleExpression: 'rate(1 day)' },
      'ValidationException',
      /does not do ScheduleExpression/,
    ],
    [
      'on another bus, by name',
      { Name: 'bad', EventPattern: PATTERN, EventBusName: 'other' },
      'ValidationException',
      /does not do other event buses than default, such as other/,
    ],
  ])('%s is refused', async (_, input, name, message) => {
    await expect(world.events.send(new PutRuleCommand(input))).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [
      'a function',
      { Id: 'a', Arn: 'arn:aws:lambda:us-east-1:123456789012:function:f' },
      /does not do other targets than standard queues of SQS/,
    ],
    [
      'an input path',
      { Id: 'a', Arn: 'arn:aws:sqs:us-east-1:123456789012:q', InputPath: '$.detail' },
      /does not do Targets\.InputPath/,
    ],
    [
      'a transformer',
      { Id: 'a', Arn: 'arn:aws:sqs:us-east-1:123456789012:q', InputTransformer: { InputTemplate: '"x"' } },
      /does not do Targets\.InputTransformer/,
    ],
    [
      'an input that is no JSON',
      { Id: 'a', Arn: 'arn:aws:sqs:us-east-1:123456789012:q', Input: 'x' },
      /JSON syntax error in input for target a/,
    ],
    [
      'too many retries',
      { Id: 'a', Arn: 'arn:aws:sqs:us-east-1:123456789012:q', RetryPolicy: { MaximumRetryAttempts: 186 } },
      /less than or equal to 185/,
    ],
  ])('as target, %s is refused', async (_, target, message) => {
    await putRule('refusing');
    await expect(putTargets('refusing', target)).rejects.toThrow(message);
  });

  it('of a call that the embedded EventBridge does not do, it says so by name', async () => {
    const replay = {
      ReplayName: 'r',
      EventSourceArn: 'a',
      EventStartTime: new Date(0),
      EventEndTime: new Date(1),
      Destination: { Arn: 'a' },
    };
    await expect(world.events.send(new StartReplayCommand(replay))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'The embedded EventBridge does not do StartReplay.',
    });
  });
});

describe('Events that are put', () => {
  it('come to the queues of the rules that are for them, as they are', async () => {
    await makeRule('delivered');
    const { Entries } = await put({ for: 'delivered', n: 1 }, { for: 'nobody', n: 2 });
    expect(bodies('delivered')).toEqual([
      {
        version: '0',
        id: Entries?.[0]?.EventId,
        'detail-type': 'Test',
        source: 'test',
        account: '123456789012',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        region: 'us-east-1',
        resources: [],
        detail: { for: 'delivered', n: 1 },
      },
    ]);
  });

  it('are nobody’s while their rule is off', async () => {
    await makeRule('off');
    await world.events.send(new DisableRuleCommand({ Name: 'off' }));
    await put({ for: 'off' });
    expect(bodies('off')).toEqual([]);
  });

  it('send the target’s own input where it has one', async () => {
    await makeRule('input', { Input: '{"constant":true}' });
    await put({ for: 'input' });
    expect(bodies('input')).toEqual([{ constant: true }]);
  });

  it('are answered each by itself', async () => {
    const { events } = world;
    const good = { Source: 'test', DetailType: 'Test', Detail: '{}' };
    const { FailedEntryCount, Entries } = await events.send(
      new PutEventsCommand({
        Entries: [
          good,
          { ...good, Source: '' },
          { ...good, Source: 'aws.s3' },
          { ...good, Detail: 'x' },
          { ...good, Detail: '[]' },
        ],
      }),
    );
    expect([FailedEntryCount, Entries]).toEqual([
      4,
      [
        { EventId: expect.any(String) },
        {
          ErrorCode: 'InvalidArgument',
          ErrorMessage: 'Parameter Source is not valid. Reason: Source is a required argument.',
        },
        { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' },
        { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
        { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' },
      ],
    ]);
    await expect(
      events.send(new PutEventsCommand({ Entries: Array.from({ length: 11 }, () => good) })),
    ).rejects.toThrow(/less than or equal to 10/);
  });
});

describe('What cannot be delivered', () => {
  it('to a queue that does not let the rule in goes to the dead-letter queue of the target at once', async () => {
    await world.queue('letters', { Policy: world.letsRules('letters') });
    await makeRule('shut', { DeadLetterConfig: { Arn: world.arnOf('letters') } });
    const { engine, arnOf } = world;
    const url = world.urlOf('shut');
    const caller = { principal: 'arn:aws:iam::123456789012:root', arn: 'root', account: '123456789012', userId: '1' };
    const other = world.letsRules('shut').replace('rule/*', 'rule/other');
    await engine.sqs.handle(
      'SetQueueAttributes',
      JSON.stringify({ QueueUrl: url, Attributes: { Policy: other } }),
      caller,
    );
    await put({ for: 'shut', n: 7 });
    expect(engine.sqs.messages('shut')).toEqual([]);
    const [letter] = engine.sqs.messages('letters');
    expect(JSON.parse(letter?.body ?? '')).toMatchObject({ detail: { n: 7 } });
    expect(letter?.attributes).toMatchObject({
      RULE_ARN: { StringValue: 'arn:aws:events:us-east-1:123456789012:rule/shut' },
      TARGET_ARN: { StringValue: arnOf('shut') },
      ERROR_CODE: { StringValue: 'NO_PERMISSIONS' },
      RETRY_ATTEMPTS: { StringValue: '0' },
    });
  });

  it('while the queue is throttled is tried again, as often and as long as the target says', async () => {
    await world.queue('given-up', { Policy: world.letsRules('given-up') });
    const RetryPolicy = { MaximumRetryAttempts: 3 };
    await makeRule('retried', { RetryPolicy, DeadLetterConfig: { Arn: world.arnOf('given-up') } });
    const { faults } = world.engine.sqs;
    const passing = faults.add({
      operation: 'SendMessage',
      queue: 'retried',
      times: 3,
      effect: { error: 'RequestThrottled' },
    });
    await put({ for: 'retried', n: 1 });
    expect([passing.hits, bodies('retried').length]).toEqual([3, 1]);
    passing.remove();
    const lasting = faults.add({ operation: 'SendMessage', queue: 'retried', effect: { error: 'RequestThrottled' } });
    await put({ for: 'retried', n: 2 });
    expect([lasting.hits, bodies('retried').length]).toEqual([4, 1]);
    expect(world.engine.sqs.messages('given-up')[0]?.attributes).toMatchObject({
      ERROR_CODE: { StringValue: 'THROTTLING' },
      RETRY_ATTEMPTS: { StringValue: '3' },
      EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
    });
    faults.clear();
  });
});

describe('A queue’s policy', () => {
  it('is asked where anybody is asked: a Deny counts, and conditions on the rule and its account do', async () => {
    const seen: [string, boolean][] = [];
    const statement = (more: object) => ({
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: ['SQS:Send*'],
      Resource: '*',
      ...more,
    });
    const rule = 'arn:aws:events:us-east-1:123456789012:rule/judged';
    const cases: [string, object[], boolean][] = [
      ['nothing', [], false],
      ['the rule', [statement({ Condition: { ArnEquals: { 'aws:SourceArn': rule } } })], true],
      ['another account', [statement({ Condition: { StringEquals: { 'aws:SourceAccount': '210987654321' } } })], false],
      [
        'its account',
        [statement({ Condition: { StringEquals: { 'AWS:SourceAccount': ['1', '123456789012'] } } })],
        true,
      ],
      ['everybody', [statement({ Principal: '*' })], true],
      ['another service', [statement({ Principal: { Service: 's3.amazonaws.com' } })], false],
      [
        'a Deny',
        [statement({}), statement({ Effect: 'Deny', Condition: { ArnNotLike: { 'aws:SourceArn': `${rule}-other` } } })],
        false,
      ],
      [
        'TLS',
        [
          statement({}),
          statement({ Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ],
        true,
      ],
    ];
    for (const [name, Statement] of cases) {
      await world.queue(
        `judged-${name.replaceAll(' ', '-')}`,
        Statement.length === 0 ? {} : { Policy: JSON.stringify({ Statement }) },
      );
      await putRule('judged', JSON.stringify({ source: ['test'], detail: { for: ['judged'] } }));
      await putTargets('judged', { Id: 'queue', Arn: world.arnOf(`judged-${name.replaceAll(' ', '-')}`) });
      await put({ for: 'judged' });
      seen.push([name, bodies(`judged-${name.replaceAll(' ', '-')}`).length === 1]);
    }
    expect(seen).toEqual(cases.map(([name, , expected]) => [name, expected]));
  });
});

describe('A fault', () => {
  it('delivers events again, or late', async () => {
    await makeRule('faulty');
    const { faults } = world.engine.events;
    faults.add({ rule: 'faulty', event: ({ detail }) => (detail as { n: number }).n === 1, effect: { late: 3 } });
    faults.add({ rule: 'faulty', event: ({ detail }) => (detail as { n: number }).n === 2, effect: { duplicate: 2 } });
    await put(...[1, 2, 3].map((n) => ({ for: 'faulty', n })));
    expect(bodies('faulty').map(({ detail }) => detail.n)).toEqual([2, 2, 2, 3, 1]);
  });

  it('keeps an event back until nothing else is on its way, at the latest', async () => {
    await makeRule('lonely');
    world.engine.events.faults.add({ rule: 'lonely', effect: { late: 1000 } });
    await put({ for: 'lonely', n: 1 }, { for: 'lonely', n: 2 });
    expect(bodies('lonely')).toHaveLength(2);
  });

  it('throttles a delivery, which is tried again', async () => {
    await makeRule('slow');
    const fault = world.engine.events.faults.add({ rule: 'slow', times: 1, effect: { error: 'throttled' } });
    await put({ for: 'slow' });
    expect([fault.hits, bodies('slow').length]).toEqual([1, 1]);
  });
});

describe('Whoever calls EventBridge', () => {
  it('needs the permission, on the rule or the bus', async () => {
    const keys = { accessKeyId: 'ruler', secretAccessKey: 'secret' };
    world.engine.identities.add({ ...keys, principalArn: 'arn:aws:iam::123456789012:role/ruler' });
    const events = new EventBridgeClient({ ...world.settings, credentials: keys });
    const asked: string[] = [];
    permits = ({ action, resource }) => {
      asked.push(`${action} ${resource}`);
      return action !== 'events:PutRule';
    };
    await events.send(new PutEventsCommand({ Entries: [{ Source: 'test', DetailType: 'T', Detail: '{}' }] }));
    await expect(events.send(new PutRuleCommand({ Name: 'mine', EventPattern: PATTERN }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::123456789012:assumed-role/ruler/embedded is not authorized to perform: events:PutRule on resource: arn:aws:events:us-east-1:123456789012:rule/mine because no identity-based policy allows the events:PutRule action',
    });
    expect(asked).toEqual([
      'events:PutEvents arn:aws:events:us-east-1:123456789012:event-bus/default',
      'events:PutRule arn:aws:events:us-east-1:123456789012:rule/mine',
    ]);
    events.destroy();
  });
});
