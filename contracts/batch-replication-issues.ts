import { isReachedByKeys, type SideAddress } from './side.js';

/** What of a request, or of a pair, decides whether S3 Batch Replication can do it. */
interface Asked {
  source: { prefix?: string | undefined };
  destination: { prefix?: string | undefined; storageClass?: string | undefined };
  versions?: string | undefined;
  archived?: string | undefined;
  acl?: string | undefined;
}

/**
 * What S3 Batch Replication does not do, of what is asked for. A replication rule has settings of its own for the class, the key
 * and the owner of a replica, and replicas keep their keys.
 * Source: Amazon S3 User Guide, "What does Amazon S3 replicate?", "Replicating existing objects with Batch Replication".
 */
export function batchReplicationIssues({ source, destination, versions, archived, acl }: Asked): {
  path: string[];
  message: string;
}[] {
  const from = source.prefix ?? '';
  const instead = ', with engine "batch-replication"; "copy" can do it';
  const issue = (isAsked: boolean, path: string[], message: string) =>
    isAsked ? [{ path, message: `${message}${instead}` }] : [];
  return [
    ...issue(
      (destination.prefix ?? from) !== from,
      ['destination', 'prefix'],
      `expected "${from}", that of the source, since replicas keep their keys`,
    ),
    ...issue(
      destination.storageClass !== undefined,
      ['destination', 'storageClass'],
      'expected none, since the replication rule says which class replicas have',
    ),
    ...issue(
      versions === 'all',
      ['versions'],
      'expected "current", since nothing proves the order of older versions at the destination',
    ),
    ...issue(
      archived === 'restore',
      ['archived'],
      'expected "skip", since S3 does not replicate what lies in Glacier Flexible Retrieval or Deep Archive, restored or not',
    ),
    ...issue(acl !== undefined, ['acl'], 'expected none, since the replication rule says who owns replicas'),
  ];
}

/** What S3 Batch Replication cannot do for a pair that is deployed with it. */
export function engineIssues({
  source,
  destination,
  copy,
}: {
  source: SideAddress & Asked['source'];
  destination: SideAddress & Asked['destination'];
  copy?: (Omit<Asked, 'source' | 'destination'> & { engine?: string | undefined }) | undefined;
}): {
  path: string[];
  message: string;
}[] {
  if (copy?.engine !== 'batch-replication') return [];
  const issues = batchReplicationIssues({ source, destination, ...copy }).map(({ path, message }) => ({
    path: path[0] !== undefined && path[0] in copy ? ['copy', ...path] : path,
    message,
  }));
  if (source.roleArn !== undefined)
    issues.push({
      path: ['source', 'roleArn'],
      message:
        'expected none: jobs of S3 Batch Replication are made by the account of the source, which is that of the stack',
    });
  for (const [name, side] of Object.entries({ source, destination }))
    if (isReachedByKeys(side))
      issues.push({
        path: [name, 'credentialsSecretArn'],
        message: 'expected none: S3 replicates between buckets of AWS in one partition',
      });
  return issues;
}
