import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import { isReachedByKeys } from '../contracts/side.js';
import type { Workshop } from './backfill-machine.js';
import { pascalCase } from './functions.js';
import { policyStatement, type Permission } from './permission.js';
import { printPolicy } from './print-policy.js';
import { ownPermissionsOf, permissionsBy, sideRoles } from './side-roles.js';

type Side = 'source' | 'destination' | 'inventory' | 'destinationInventory';

/**
 * For each bucket of another account than whoever reaches it, and each key of KMS, an output with the policy to attach
 * there: it allows our roles, or the role of that side, by name, what their own policies allow them there. docs/deploy.md
 * says where to attach it.
 */
export function printPoliciesOfOthers(
  scope: Construct,
  pair: Pair,
  workshop: Workshop,
  restore: Workshop | undefined,
): void {
  const all = [...grantees(scope, workshop), ...(restore ? grantees(scope, restore, 'Restore') : [])];
  const ours = Stack.of(scope).account;
  for (const side of ['source', 'destination', 'inventory', 'destinationInventory'] as const) {
    if (!pair[side] || isByKeys(pair, side)) continue;
    const key = pair[side].kmsKeyArn;
    const reader = readerOf(scope, pair, side);
    if (key !== undefined && key.split(':')[4] !== reader) printKeyPolicy(scope, all, capitalized(side), key);
    const owner = ownerOf(pair, side) ?? ours;
    if (owner !== reader) printBucketPolicy(scope, all, capitalized(side), pair[side].bucket, owner);
  }
  for (const [index, { bucket, account = ours, kmsKeyArn: key }] of (pair.restore?.to ?? []).entries()) {
    const name = `RestoreTo${index + 1}`;
    if (key !== undefined && key.split(':')[4] !== ours) printKeyPolicy(scope, all, name, key);
    if (account !== ours) printBucketPolicy(scope, all, name, bucket, account);
  }
}

function printBucketPolicy(
  scope: Construct,
  all: readonly Grantee[],
  name: string,
  bucket: string,
  owner: string,
): void {
  printPolicy(
    scope,
    `${name}BucketPolicy`,
    `Policy of the bucket ${bucket} in account ${owner}: add these statements.`,
    grantsOn(all, (resource) => isIn(resource, `:s3:::${bucket}`)),
  );
}

function printKeyPolicy(scope: Construct, all: readonly Grantee[], name: string, key: string): void {
  printPolicy(
    scope,
    `${name}KeyPolicy`,
    `Policy of the key ${key}: add these statements.`,
    grantsOn(all, (resource) => resource === key, '*'),
  );
}

/** What each role may do on resources that fit, as statements of a resource's policy. */
function grantsOn(all: readonly Grantee[], fits: (resource: string) => boolean, resourceThere?: string): object[] {
  return all.flatMap(({ name, roleArn, permissions }) =>
    permissions
      .filter(({ resources }) => resources.some(fits))
      .map((permission) => ({
        ...policyStatement({ ...permission, sid: `${name}${permission.sid}` }),
        Principal: { AWS: roleArn },
        Resource: resourceThere ?? permission.resources.filter(fits),
      })),
  );
}

interface Grantee {
  name: string;
  roleArn: string;
  permissions: Permission[];
}

/** Our functions' roles, and those of the sides. */
function grantees(scope: Construct, { place, functions }: Workshop, prefix = ''): Grantee[] {
  const ours = Object.entries(ownPermissionsOf(scope, place)).flatMap(([handler, permissions]) => {
    const role = functions.get(handler)?.role;
    return role ? [{ name: prefix + pascalCase(handler), roleArn: role.roleArn, permissions }] : [];
  });
  const theirs = sideRoles(place.bounds).map((role) => ({
    name: `${prefix}Role`,
    roleArn: role.roleArn,
    permissions: permissionsBy(scope, place, role).permissions,
  }));
  return [...ours, ...theirs];
}

/** Whoever gives out the keys of a side attaches what is printed for them. */
function isByKeys({ source, destination }: Pair, side: Side): boolean {
  return isReachedByKeys(side === 'source' || side === 'inventory' ? source : destination);
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

/** The account of whoever reaches a side. */
function readerOf(scope: Construct, pair: Pair, side: Side): string {
  const roleArn = side === 'source' || side === 'destination' ? pair[side].roleArn : undefined;
  return roleArn?.split(':')[4] ?? Stack.of(scope).account;
}

/** Undefined where it is the stack's account. */
function ownerOf(pair: Pair, side: Side): string | undefined {
  switch (side) {
    case 'source':
    case 'destination':
      return pair[side].account;
    case 'inventory':
      return pair.inventory.account ?? pair.source.account;
    case 'destinationInventory':
      return pair.destinationInventory?.account ?? pair.destination.account;
  }
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
