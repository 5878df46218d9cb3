import { CfnOutput, Stack, Token } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import { pascalCase } from './functions.js';
import { permissionsOf, type Workplace } from './permissions.js';

type Side = 'source' | 'destination' | 'inventory';

/**
 * For each bucket of another account, and each key of KMS of another one, an output with the policy to attach there: it
 * allows our roles, by name, what their own policies allow them on that side. docs/deploy.md says where to attach it.
 */
export function printPoliciesOfOthers(
  scope: Construct,
  place: Workplace,
  functions: ReadonlyMap<string, LambdaFunction>,
): void {
  const { pair } = place;
  for (const side of ['source', 'destination', 'inventory'] as const) {
    const key = pair[side].kmsKeyArn;
    if (key !== undefined && key.split(':')[4] !== Stack.of(scope).account)
      printKeyPolicy(scope, place, functions, side, key);
    if (isOurs(scope, pair, side)) continue;
    const bucket = `:s3:::${pair[side].bucket}`;
    output(
      scope,
      `${capitalized(side)}BucketPolicy`,
      `Policy of the bucket ${pair[side].bucket} in account ${ownerOf(pair, side)}: add these statements.`,
      grantsOn(scope, place, functions, (resource) => isIn(resource, bucket)),
    );
  }
}

function printKeyPolicy(
  scope: Construct,
  place: Workplace,
  functions: ReadonlyMap<string, LambdaFunction>,
  side: Side,
  key: string,
): void {
  output(
    scope,
    `${capitalized(side)}KeyPolicy`,
    `Policy of the key ${key}: add these statements.`,
    grantsOn(scope, place, functions, (resource) => resource === key, '*'),
  );
}

/** What each role may do on resources that fit, as statements of a resource's policy. */
function grantsOn(
  scope: Construct,
  place: Workplace,
  functions: ReadonlyMap<string, LambdaFunction>,
  fits: (resource: string) => boolean,
  resourceThere?: string,
): object[] {
  return Object.entries(permissionsOf(scope, place)).flatMap(([handler, permissions]) => {
    const role = functions.get(handler)?.role;
    if (!role) return [];
    return permissions
      .filter(({ resources }) => resources.some(fits))
      .map(({ sid, actions, resources, conditions }) => ({
        Sid: `${pascalCase(handler)}${sid}`,
        Effect: 'Allow',
        Principal: { AWS: role.roleArn },
        Action: actions,
        Resource: resourceThere ?? resources.filter(fits),
        ...(conditions ? { Condition: conditions } : {}),
      }));
  });
}

function output(scope: Construct, id: string, description: string, statements: object[]): void {
  if (statements.length === 0) return;
  const policy = { Version: '2012-10-17', Statement: statements };
  new CfnOutput(scope, id, { description, value: Stack.of(scope).toJsonString(policy) });
}

function isIn(resource: string, bucket: string): boolean {
  return resource.endsWith(bucket) || resource.includes(`${bucket}/`);
}

/** Whether a side's bucket is of an account that is known not to be the stack's. */
export function isKnownAsAnothers(scope: Construct, pair: Pair, side: Side): boolean {
  return !Token.isUnresolved(Stack.of(scope).account) && !isOurs(scope, pair, side);
}

/** Where the stack's account is not known yet, a named one counts as another's: what is printed too much harms nobody. */
function isOurs(scope: Construct, pair: Pair, side: Side): boolean {
  const owner = ownerOf(pair, side);
  return owner === undefined || owner === Stack.of(scope).account;
}

/** Undefined where it is the stack's account. */
function ownerOf(pair: Pair, side: Side): string | undefined {
  return pair[side].account ?? (side === 'inventory' ? pair.source.account : undefined);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
