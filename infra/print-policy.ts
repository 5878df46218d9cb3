import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** An output of the stack with a policy, as JSON, for whoever attaches it elsewhere. None where it would say nothing. */
export function printPolicy(scope: Construct, id: string, description: string, statements: readonly object[]): void {
  if (statements.length === 0) return;
  const policy = { Version: '2012-10-17', Statement: statements };
  new CfnOutput(scope, id, { description, value: Stack.of(scope).toJsonString(policy) });
}
