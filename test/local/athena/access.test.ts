import { GetQueryResultsCommand, GetQueryExecutionCommand, StopQueryExecutionCommand } from '@aws-sdk/client-athena';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { athenaWorld, clientOf, ended, inventoryTable, reason, run, start, view } from './athena-world.js';

const ROLE = 'arn:aws:iam::123456789012:role/reader';
const USER = 'User: arn:aws:sts::123456789012:assumed-role/reader/embedded is not authorized to perform:';
const key = { accessKeyId: 'reader-key', secretAccessKey: 'reader-secret' };
const query = "SELECT key FROM objects WHERE dt = '2024-05-05-10-00'";
const data = 'arn:aws:s3:::inventory/source/all/data/';

const denied = new Set<string>();
const told: AwsCall[] = [];
let world: Awaited<ReturnType<typeof athenaWorld>>;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
  world = await athenaWorld({
    access: {
      permits: ({ action, resource }) => !denied.has(action) && !denied.has(`${action} ${resource}`),
      onCall: (call) => void told.push(call),
    },
  });
  const { engine } = world;
  engine.identities.add({ ...key, principalArn: ROLE });
  client = clientOf(engine, key);
  engine.s3.createBucket('source');
  engine.s3.createBucket('inventory');
  engine.s3.putObject('source', 'a', Buffer.from('a'));
  const at = Date.UTC(2024, 4, 5, 10);
  engine.s3.deliverInventory({ bucket: 'source', destinationBucket: 'inventory', configId: 'all', at });
  engine.athena.createTable('inventories', inventoryTable('objects', 's3://inventory/source/all/'));
  engine.athena.createTable('inventories', view('keys', 'SELECT key, dt FROM objects', ['key', 'dt']));
});
afterAll(async () => {
  client.destroy();
  await world.close();
});
beforeEach(() => {
  denied.clear();
  told.length = 0;
});

const calls = () => told.map(({ action, resource }) => [action, resource.replace(/[0-9a-f-]{36}/, '<id>')]);
const workGroup = 'arn:aws:athena:us-east-1:123456789012:workgroup/primary';
const glue = (resource: string) => `arn:aws:glue:us-east-1:123456789012:${resource}`;

describe('A query of somebody', () => {
  it('asks for the workgroup, and as its caller for the tables, the files and the result', async () => {
    const { QueryExecutionId: id } = await run(client, query);
    await client.send(new GetQueryResultsCommand({ QueryExecutionId: id }));
    expect(new Set(told.map(({ principal }) => principal))).toEqual(new Set([ROLE]));
    const polls = (each: string[]) => each[0] !== 'athena:GetQueryExecution';
    expect(calls().filter(polls)).toEqual([
      ['athena:StartQueryExecution', workGroup],
      ['s3:GetBucketLocation', 'arn:aws:s3:::work'],
      ['glue:GetDatabase', glue('catalog')],
      ['glue:GetDatabase', glue('database/inventories')],
      ['glue:GetTable', glue('catalog')],
      ['glue:GetTable', glue('database/inventories')],
      ['glue:GetTable', glue('table/inventories/objects')],
      ['s3:GetBucketLocation', 'arn:aws:s3:::inventory'],
      ['s3:ListBucket', 'arn:aws:s3:::inventory'],
      ['s3:GetObject', 'arn:aws:s3:::inventory/source/all/hive/dt=2024-05-05-10-00/symlink.txt'],
      ['s3:GetObject', `${data}<id>.csv.gz`],
      ['s3:PutObject', 'arn:aws:s3:::work/results/<id>.csv'],
      ['s3:PutObject', 'arn:aws:s3:::work/results/<id>.csv.metadata'],
      ['athena:GetQueryResults', workGroup],
      ['s3:GetObject', 'arn:aws:s3:::work/results/<id>.csv'],
    ]);
    const list = told.find(({ action }) => action === 's3:ListBucket');
    expect(list?.context).toMatchObject({
      's3:prefix': 'source/all/hive/dt=2024-05-05-10-00/',
      'aws:CalledVia': ['athena.amazonaws.com'],
    });
  });

  it('on a view asks for the view and for the tables in it', async () => {
    await run(client, "SELECT * FROM keys WHERE dt = '2024-05-05-10-00'");
    expect(
      calls()
        .filter(([action]) => action === 'glue:GetTable')
        .map(([, resource]) => resource),
    ).toEqual([
      glue('catalog'),
      glue('database/inventories'),
      glue('table/inventories/keys'),
      glue('table/inventories/objects'),
    ]);
  });

  it('fails at what its caller may not, in the words of whoever refuses', async () => {
    const failure = (action: string) => {
      denied.clear();
      denied.add(action);
      return reason(client, query);
    };
    const table = glue('table/inventories/objects');
    expect(await failure('glue:GetTable')).toBe(
      `FAILED: Insufficient permissions to execute the query. ${USER} glue:GetTable on resource: ${glue('catalog')} because no identity-based policy allows the glue:GetTable action`,
    );
    expect(await failure(`glue:GetTable ${table}`)).toContain(`glue:GetTable on resource: ${table}`);
    expect(await failure('s3:ListBucket')).toMatch(
      /^FAILED: Permission denied on S3 path: s3:\/\/inventory\/source\/all\/hive\/dt=/,
    );
    expect(await failure('s3:GetObject')).toMatch(
      /^FAILED: Permission denied on S3 path: s3:\/\/inventory\/.*symlink\.txt\./,
    );
    expect(await failure('s3:PutObject')).toMatch(
      /^FAILED: Access denied when writing output to url: s3:\/\/work\/results\//,
    );
    expect(await failure('glue:GetPartitions')).toMatch(/^SUCCEEDED/);
  });

  it('is not listed partitions where there are none to whoever may not list', async () => {
    denied.add('s3:ListBucket');
    expect(await reason(client, "SELECT key FROM objects WHERE dt = '2024-05-05-11-00'")).toMatch(
      /^FAILED: Permission denied/,
    );
  });

  it('reads and writes under keys of KMS that its caller may use', async () => {
    const { s3 } = world.engine;
    const keyArn = s3.kms.add();
    s3.createBucket('sealed');
    s3.setBucketEncryption('sealed', { kind: 'SSE-KMS', keyArn });
    const input = { QueryString: 'SELECT 1', ResultConfiguration: { OutputLocation: 's3://sealed/' } };
    const execution = await ended(client, await start(client, input));
    await client.send(new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId }));
    expect(calls().filter(([action]) => action?.startsWith('kms:'))).toEqual([
      ['kms:GenerateDataKey', keyArn.replace(/[0-9a-f-]{36}/, '<id>')],
      ['kms:GenerateDataKey', keyArn.replace(/[0-9a-f-]{36}/, '<id>')],
      ['kms:Decrypt', keyArn.replace(/[0-9a-f-]{36}/, '<id>')],
    ]);
    denied.add('kms:Decrypt');
    await expect(
      client.send(new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId })),
    ).rejects.toMatchObject({ name: 'InvalidRequestException', message: expect.stringContaining('kms:Decrypt') });
    denied.add('kms:GenerateDataKey');
    expect((await ended(client, await start(client, input))).Status?.StateChangeReason).toMatch(
      /^Access denied when writing/,
    );
  });
});

describe('A call that is denied', () => {
  it('is refused by the workgroup that it names, or that its query is of', async () => {
    const { QueryExecutionId: id } = await run(client, 'SELECT 1');
    const refused = async (action: string, call: () => Promise<unknown>) => {
      denied.clear();
      denied.add(action);
      await expect(call()).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: `${USER} ${action} on resource: ${workGroup} because no identity-based policy allows the ${action} action`,
      });
    };
    await refused('athena:StartQueryExecution', () => start(client, {}));
    await refused('athena:GetQueryExecution', () =>
      client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
    );
    await refused('athena:GetQueryResults', () => client.send(new GetQueryResultsCommand({ QueryExecutionId: id })));
    await refused('athena:StopQueryExecution', () =>
      client.send(new StopQueryExecutionCommand({ QueryExecutionId: id })),
    );
  });

  it('of S3 beneath it is refused in Athena’s words', async () => {
    denied.add('s3:GetBucketLocation');
    await expect(start(client, {})).rejects.toThrow('Unable to verify/create output bucket work');
    denied.clear();
    const { QueryExecutionId: id } = await run(client, 'SELECT 1');
    denied.add('s3:GetObject');
    await expect(client.send(new GetQueryResultsCommand({ QueryExecutionId: id }))).rejects.toThrow(
      /Access denied when reading s3:\/\/work/,
    );
  });

  it('is none of the account’s root, who may do everything', async () => {
    for (const action of ['athena:StartQueryExecution', 'glue:GetTable', 's3:GetObject']) denied.add(action);
    expect((await run(world.client, query)).Status?.State).toBe('SUCCEEDED');
  });
});
