import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { DescribeStateMachineCommand, ListTagsForResourceCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { projectRoot } from '../../local/bundle.js';
import { deployPipeline } from '../../local/pipeline.js';
import { useEngine } from '../support/engine.js';

const under = useEngine({ pipeline: { pair: 'photos', chunkRows: 7 } });

describe('A deployed pair', () => {
  it('is two state machines that the ASL describes, with no placeholder left, and which invoke every function', async () => {
    const { sfn, pipeline } = under();
    const described = async (stateMachineArn: string) => {
      const { name, definition = '' } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
      expect(definition).not.toContain('${');
      return { name, definition };
    };
    const backfill = await described(pipeline.stateMachineArn);
    const reconcile = await described(pipeline.reconcileMachineArn);
    expect([backfill.name, reconcile.name]).toEqual(['s3-backfill-photos', 's3-backfill-photos-reconcile']);
    expect(JSON.parse(backfill.definition)).toMatchObject({ QueryLanguage: 'JSONata', StartAt: 'PrepareRun' });
    expect(JSON.parse(reconcile.definition)).toMatchObject({ QueryLanguage: 'JSONata', StartAt: 'FindInventories' });
    for (const functionName of Object.values(pipeline.functionNames))
      expect(backfill.definition + reconcile.definition).toContain(`:function:${functionName}`);
  });

  it('says in the tags of its state machine where its bucket and its table are', async () => {
    const { sfn, pipeline } = under();
    const { tags } = await sfn.send(new ListTagsForResourceCommand({ resourceArn: pipeline.stateMachineArn }));
    expect(Object.fromEntries((tags ?? []).map(({ key, value }) => [key, value]))).toEqual({
      's3-backfill:pair': 'photos',
      's3-backfill:work-bucket': 's3-backfill-photos-work',
      's3-backfill:failure-table': 's3-backfill-photos-failures',
      's3-backfill:reconciliations': 's3-backfill-photos-reconciliations',
    });
  });

  it('has a work bucket, and a failure table with its indexes', async () => {
    const { s3, dynamodb, pipeline } = under();
    await s3.send(new HeadBucketCommand({ Bucket: pipeline.workBucket }));
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: pipeline.failureTable }));
    expect(Table?.TableStatus).toBe('ACTIVE');
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).sort()).toEqual(['byCause', 'byChunk']);
  });

  it('has a Lambda function for each handler that is not of a live copy, and each runs', async () => {
    const { lambda, pipeline } = under();
    const files = await readdir(join(projectRoot, 'handlers'));
    const handlers = files.filter((file) => file.endsWith('.ts')).map((file) => file.replace('.ts', ''));
    const ofLive = ['record-dead-letter', 'sync-object'];
    expect(handlers).toEqual(expect.arrayContaining(ofLive));
    expect(Object.keys(pipeline.functionNames)).toEqual(handlers.filter((name) => !ofLive.includes(name)).sort());
    for (const FunctionName of Object.values(pipeline.functionNames)) {
      const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: '"nonsense"' }));
      // It came as far as reading its event, so that the bundle loads and the environment suits.
      expect(JSON.parse(Payload?.transformToString() ?? '')).toMatchObject({
        errorType: expect.stringMatching(/Zod|Invalid/),
      });
    }
  });

  it('stands beside another pair', async () => {
    const { engine, sfn } = under();
    const other = await deployPipeline(engine, { pair: 'videos', workBucket: 'somewhere-else' });
    expect(other.workBucket).toBe('somewhere-else');
    const { definition } = await sfn.send(new DescribeStateMachineCommand(other));
    expect(definition).toContain('s3-backfill-videos-copy-chunk');
    expect(definition).not.toContain('photos');
  });

  it('is refused settings of a handler that it does not have', async () => {
    await expect(
      deployPipeline(under().engine, { pair: 'wrong', functions: { 'copy-chunks': { memoryMb: 512 } } }),
    ).rejects.toThrow(/^Expected handlers out of check-job, check-query, copy-chunk, .*; got copy-chunks\.$/);
  });
});
