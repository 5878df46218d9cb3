import { Stack, Token } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import { PairError } from './check-pair.js';

/** Whether the pair's runs may have S3 replicate, by jobs. */
export function isReplicated({ copy }: Pair): boolean {
  return copy?.engine === 'batch-replication';
}

/**
 * A job is its source bucket's account's and Region's, and its manifest lies there too, under no key of KMS.
 * Source: Amazon S3 User Guide, "S3 Batch Replication considerations", "Specifying a manifest". Throws PairError.
 * @param key of the work bucket
 */
export function expectReplicable(scope: Construct, { name, source }: Pair, key: IKey | undefined): void {
  const { account, region } = Stack.of(scope);
  const issues = [
    ...(isAnother(source.account, account)
      ? [`source.account: expected ${account}, the account of the stack: a job is of the account of the source bucket`]
      : []),
    ...(isAnother(source.region, region)
      ? [
          `source.region: expected ${region}, the Region of the stack: a job, its manifest and its report are of the Region of the source bucket. Make the stack there`,
        ]
      : []),
    ...(key === undefined
      ? []
      : ['key: expected a work bucket without a key of KMS: S3 Batch Operations reads no CSV manifest under one']),
  ];
  if (issues.length > 0)
    throw new PairError(
      `The pair ${name} cannot be deployed with copy.engine "batch-replication":\n${issues.map((issue) => `  ${issue}.`).join('\n')}`,
    );
}

/** What only CloudFormation knows is left for S3 to refuse. */
function isAnother(named: string | undefined, own: string): boolean {
  return named !== undefined && !Token.isUnresolved(own) && !Token.isUnresolved(named) && named !== own;
}
