import { partitionOf } from './partition.js';

interface Side {
  prefix?: string | undefined;
  region?: string | undefined;
  kmsKeyArn?: string | undefined;
  endpoint?: string | undefined;
  credentialsSecretArn?: string | undefined;
}

/** Of a pair with `live: "replication"`, what S3's own replication cannot do, with what can be done instead. */
export function replicationIssues(pair: {
  live?: string | undefined;
  source: Side;
  destination: Side;
  filters?: object | undefined;
}): { path: string[]; message: string }[] {
  const { live, source, destination, filters } = pair;
  if (live !== 'replication') return [];
  const issues: { path: string[]; message: string }[] = [];
  const issue = (path: string, message: string) => issues.push({ path: path.split('.'), message });
  for (const [name, side] of Object.entries({ source, destination }))
    for (const field of ['endpoint', 'credentialsSecretArn'] as const)
      if (side[field] !== undefined)
        issue(
          `${name}.${field}`,
          'expected none with live: "replication": S3 replicates between buckets of AWS, in one partition; live: "events" copies through the functions',
        );
  if (source.region !== undefined && destination.region !== undefined) {
    const [from, to] = [partitionOf(source.region), partitionOf(destination.region)];
    if (from !== to)
      issue(
        'destination.region',
        `expected a Region of the partition ${from}, as the source's: S3 does not replicate to ${to}; live: "events" with credentialsSecretArn does`,
      );
  }
  if (destination.prefix !== undefined && destination.prefix !== (source.prefix ?? ''))
    issue(
      'destination.prefix',
      `expected ${JSON.stringify(source.prefix ?? '')}, the source's, or none with live: "replication": S3 keeps the keys as they are; live: "events" changes prefixes`,
    );
  if (filters !== undefined)
    issue(
      'filters',
      'expected none with live: "replication": the rule knows of the prefix alone; give them in requests, or take live: "events"',
    );
  if (source.kmsKeyArn !== undefined && destination.kmsKeyArn === undefined)
    issue(
      'destination.kmsKeyArn',
      'expected a key beside source.kmsKeyArn: S3 replicates objects under KMS to a key that the rule names',
    );
  if (destination.kmsKeyArn !== undefined && source.kmsKeyArn === undefined)
    issue(
      'source.kmsKeyArn',
      'expected a key beside destination.kmsKeyArn: a replica has the kind of encryption that its source has, so that the destination’s key is for objects under KMS only',
    );
  return issues;
}
