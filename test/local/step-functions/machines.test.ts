import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  ListTagsForResourceCommand,
  StartExecutionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { machine, roleArn, useStepFunctions } from './support/service.js';

const under = useStepFunctions();
const pass = JSON.stringify(machine({ Pass: { Type: 'Pass', End: true } }));
const prefix = 'arn:aws:states:eu-west-1:123456789012';

const create = (name: string, more: object = {}) =>
  under().client.send(new CreateStateMachineCommand({ name, definition: pass, roleArn, ...more }));

describe('A state machine', () => {
  it('is created, described and listed', async () => {
    const { stateMachineArn, creationDate } = await create('described');
    expect(stateMachineArn).toBe(`${prefix}:stateMachine:described`);
    const { $metadata, ...described } = await under().client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect($metadata.httpStatusCode).toBe(200);
    expect(described).toEqual({
      creationDate,
      definition: pass,
      encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
      loggingConfiguration: { includeExecutionData: false, level: 'OFF' },
      name: 'described',
      roleArn,
      stateMachineArn,
      status: 'ACTIVE',
      tracingConfiguration: { enabled: false },
      type: 'STANDARD',
    });
    const { stateMachines } = await under().client.send(new ListStateMachinesCommand({ maxResults: 1_000 }));
    expect(stateMachines).toContainEqual({ creationDate, name: 'described', stateMachineArn, type: 'STANDARD' });
  });

  it('may be created again just as it is, and not otherwise', async () => {
    const first = await create('twice');
    const again = await create('twice', { roleArn: 'arn:aws:iam::123456789012:role/other' });
    expect(again).toMatchObject({ stateMachineArn: first.stateMachineArn, creationDate: first.creationDate });
    await expect(create('twice', { definition: `${pass} ` })).rejects.toMatchObject({
      name: 'StateMachineAlreadyExists',
      message: `State Machine Already Exists: '${first.stateMachineArn}'`,
    });
  });

  it.each(['with space', 'a/b', 'a:b', 'tab\t', 'q?', 'x*', 'quo"te'])('is not named %j', async (name) => {
    await expect(create(name)).rejects.toMatchObject({ name: 'InvalidName', message: `Invalid Name: '${name}'` });
  });

  it('has a name of 1 to 80 characters', async () => {
    await create('n'.repeat(80));
    for (const [name, length] of [
      ['', 'greater than or equal to 1'],
      ['n'.repeat(81), 'less than or equal to 80'],
    ]) {
      await expect(create(name as string)).rejects.toMatchObject({
        name: 'ValidationException',
        message: `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must have length ${length}`,
      });
    }
  });

  it('does not exist until it is created', async () => {
    const stateMachineArn = `${prefix}:stateMachine:nobody`;
    const missing = { name: 'StateMachineDoesNotExist', message: `State Machine Does Not Exist: '${stateMachineArn}'` };
    const { client } = under();
    await expect(client.send(new DescribeStateMachineCommand({ stateMachineArn }))).rejects.toMatchObject(missing);
    await expect(client.send(new StartExecutionCommand({ stateMachineArn }))).rejects.toMatchObject(missing);
    await expect(client.send(new ListExecutionsCommand({ stateMachineArn }))).rejects.toMatchObject(missing);
    await expect(client.send(new DescribeStateMachineCommand({ stateMachineArn: 'nobody' }))).rejects.toMatchObject({
      name: 'InvalidArn',
      message: "Invalid Arn: 'Invalid ARN prefix: nobody'",
    });
    await expect(
      client.send(new DescribeStateMachineCommand({ stateMachineArn: `${prefix}:execution:a:b` })),
    ).rejects.toMatchObject({
      name: 'InvalidArn',
      message: "Invalid Arn: 'Resource type not valid in this context: execution'",
    });
  });

  it('is updated, while its executions go on as they started', async () => {
    const { client } = under();
    const waiting = machine({
      Wait: { Type: 'Wait', Seconds: 60, Next: 'Tell' },
      Tell: { Type: 'Pass', Output: 'old', End: true },
    });
    const { stateMachineArn } = await create('updated', { definition: JSON.stringify(waiting) });
    const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn }));
    const definition = JSON.stringify(machine({ Tell: { Type: 'Pass', Output: 'new', End: true } }));
    const updated = await client.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
    expect((await under().finished(executionArn as string)).value).toBe('old');
    const next = await client.send(new StartExecutionCommand({ stateMachineArn }));
    expect((await under().finished(next.executionArn as string)).value).toBe('new');
    const described = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(described).toMatchObject({ definition, revisionId: updated.revisionId });
  });

  it('is updated in all that one call names', async () => {
    const { stateMachineArn } = await create('traced');
    const definition = JSON.stringify(machine({ Other: { Type: 'Pass', End: true } }));
    const tracingConfiguration = { enabled: true };
    await under().client.send(new UpdateStateMachineCommand({ stateMachineArn, definition, tracingConfiguration }));
    const described = await under().client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(described).toMatchObject({ definition, tracingConfiguration });
  });

  it('is not updated by nothing, nor by nonsense', async () => {
    const { stateMachineArn } = await create('untouched');
    const update = (more: object) => under().client.send(new UpdateStateMachineCommand({ stateMachineArn, ...more }));
    await expect(update({})).rejects.toMatchObject({ name: 'MissingRequiredParameter' });
    await expect(update({ definition: '{' })).rejects.toMatchObject({ name: 'InvalidDefinition' });
    const described = await under().client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(described.definition).toBe(pass);
  });

  it('is deleted, and deleting it again is no error', async () => {
    const { stateMachineArn } = await create('deleted');
    const remove = () => under().client.send(new DeleteStateMachineCommand({ stateMachineArn }));
    await remove();
    await remove();
    await expect(under().client.send(new DescribeStateMachineCommand({ stateMachineArn }))).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
  });

  it('has tags', async () => {
    const { client } = under();
    const { stateMachineArn: resourceArn } = await create('tagged', { tags: [{ key: 'a', value: '1' }] });
    await client.send(
      new TagResourceCommand({
        resourceArn,
        tags: [
          { key: 'b', value: '2' },
          { key: 'a', value: '3' },
        ],
      }),
    );
    const tags = async () => (await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags;
    expect(await tags()).toEqual([
      { key: 'a', value: '3' },
      { key: 'b', value: '2' },
    ]);
    await client.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a', 'unknown'] }));
    expect(await tags()).toEqual([{ key: 'b', value: '2' }]);
    const many = Array.from({ length: 50 }, (_, n) => ({ key: `k${n}`, value: '' }));
    await expect(client.send(new TagResourceCommand({ resourceArn, tags: many }))).rejects.toMatchObject({
      name: 'TooManyTags',
    });
    await expect(
      client.send(new ListTagsForResourceCommand({ resourceArn: `${prefix}:stateMachine:nobody` })),
    ).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });

  it.each([
    ['EXPRESS', { type: 'EXPRESS' as const }, 'EXPRESS'],
    ['versions', { publish: true }, 'publish'],
    ['logging', { loggingConfiguration: { level: 'ALL' as const } }, 'loggingConfiguration'],
    [
      'a key of the customer',
      { encryptionConfiguration: { type: 'CUSTOMER_MANAGED_KMS_KEY' as const } },
      'customer managed key',
    ],
  ])('refuses %s by name', async (_what, more, named) => {
    await expect(create('refused', more)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(named),
    });
  });
});

describe('An action', () => {
  it('that the engine has not is refused by name, and one that nobody has too', async () => {
    const { service } = under();
    expect(await service.handle('CreateActivity', { name: 'a' })).toEqual({
      status: 400,
      body: { __type: 'NotImplemented', message: 'The embedded engine does not implement the action CreateActivity.' },
    });
    expect(await service.handle('toString', {})).toEqual({
      status: 400,
      body: { __type: 'UnknownOperationException', message: "Step Functions has no action 'toString'." },
    });
  });

  it('takes a JSON object', async () => {
    for (const body of [undefined, null, 'text', 7, []]) {
      const { status, body: answer } = await under().service.handle('ListStateMachines', body);
      expect({ status, answer }).toMatchObject({ status: 400, answer: { __type: 'SerializationException' } });
    }
  });
});
