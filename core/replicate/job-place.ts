import type { Run } from '../../contracts/run.js';

/** Where the jobs of a run are: its execution's account, and ARNs of buckets and objects in its partition. */
export function placeOf({ executionArn }: Run): { account: string; arnOf: (bucket: string, key?: string) => string } {
  const [, partition = 'aws', , , account = ''] = executionArn.split(':');
  return {
    account,
    arnOf: (bucket, key) => `arn:${partition}:s3:::${bucket}${key === undefined ? '' : `/${key}`}`,
  };
}
