import { gunzipSync } from 'node:zlib';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetExecutionHistoryCommand, ListExecutionsCommand, ListMapRunsCommand } from '@aws-sdk/client-sfn';
import type { EngineUnderTest } from './engine.js';

/** All that runs leave: every object of the work bucket, items of the tables, descriptions and histories of executions and of their children. */
export async function leftBehind({ engine, pipeline, sfn, dynamodb }: EngineUnderTest): Promise<string[]> {
  const { workBucket, stateMachineArn, failureTable, reconciliations } = pipeline;
  const files = [...engine.s3.listObjects(workBucket)].map(({ key }) => {
    const body = engine.s3.getObject(workBucket, key)?.body ?? Buffer.alloc(0);
    return `${key} ${(key.endsWith('.gz') ? gunzipSync(body) : body).toString()}`;
  });
  const executionArns: string[] = [];
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  for (const { executionArn } of executions) {
    executionArns.push(executionArn ?? '');
    const { mapRuns = [] } = await sfn.send(new ListMapRunsCommand({ executionArn }));
    for (const { mapRunArn } of mapRuns) {
      const children = await sfn.send(new ListExecutionsCommand({ mapRunArn }));
      executionArns.push(...(children.executions ?? []).map((child) => child.executionArn ?? ''));
    }
  }
  const histories: string[] = [];
  for (const executionArn of executionArns) {
    const { status, body } = await engine.stepFunctions.handle('DescribeExecution', { executionArn });
    const history = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000 }));
    histories.push(JSON.stringify({ status, body }), JSON.stringify(history.events));
  }
  const items: string[] = [];
  for (const TableName of [failureTable, reconciliations])
    items.push(JSON.stringify((await dynamodb.send(new ScanCommand({ TableName }))).Items));
  return [...files, ...histories, ...items];
}
