import * as z from 'zod';
import { bucketName, endpoint, externalId, keyPrefix, kmsKeyArn, roleArn, secretArn } from './location.js';
import { partitionOf } from './partition.js';

const AWS_REGION = /^[a-z]{2,}(?:-[a-z]+)+-\d$/;
const region = z.string().regex(AWS_REGION, 'expected a Region such as eu-central-1');
/** What other servers call a Region: `auto`, `us-east-005`, `fsn1`, `RegionOne`. */
const ANY_REGION = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const anyRegion = z.string().regex(ANY_REGION, 'expected a Region such as eu-central-1, or as the server calls it');
const account = z.string().regex(/^\d{12}$/, 'expected an AWS account id of twelve digits');

/** A bucket, and whose and where it is; what is left out is the account's and the Region's of the stack. */
export const bucketAddress = z.strictObject({
  bucket: bucketName,
  region: region.optional(),
  /** Whose bucket it must be: every call names this owner, and S3 refuses it where the bucket is another's. */
  account: account.optional(),
});
export type BucketAddress = z.infer<typeof bucketAddress>;

/** By which keys a bucket is reached that no role of ours reaches, and where. */
const reach = {
  region: anyRegion.optional(),
  /** A secret of Secrets Manager that holds an access key: of another partition, or of any server that speaks S3. */
  credentialsSecretArn: secretArn.optional(),
  /** The key of KMS that the secret is encrypted with, where that is one of your own. */
  credentialsSecretKmsKeyArn: kmsKeyArn.optional(),
  /** Of a server other than AWS's; buckets there are addressed by path. */
  endpoint: endpoint.optional(),
};

/** A bucket, and the keys by which it is reached; without them, by whoever asks. */
export const reachedAddress = bucketAddress.extend(reach);
export type ReachedAddress = z.infer<typeof reachedAddress>;

/** One of the two sides, and the role or the keys by which it is reached; without either, by the functions' own roles. */
export const sideAddress = reachedAddress.extend({
  roleArn: roleArn.optional(),
  /** Nobody but who knows it can have us assume the role (the confused deputy). */
  externalId: externalId.optional(),
});
export type SideAddress = z.infer<typeof sideAddress>;

/** A side as a pair names it. */
export const side = sideAddress.extend({
  prefix: keyPrefix.optional(),
  /** Of the bucket's objects, where they are encrypted with a key of KMS. */
  kmsKeyArn: kmsKeyArn.optional(),
});

/** Whether one principal reaches both sides, so that S3 copies by itself: the same role, the same keys on the same server, or neither. */
export function isOnePrincipal(source: SideAddress, destination: SideAddress): boolean {
  return (
    source.roleArn === destination.roleArn &&
    source.credentialsSecretArn === destination.credentialsSecretArn &&
    source.endpoint === destination.endpoint
  );
}

/** Whether a bucket is reached by the keys of a secret: it is in another partition, or not on AWS at all. */
export function isReachedByKeys({ credentialsSecretArn }: Pick<ReachedAddress, 'credentialsSecretArn'>): boolean {
  return credentialsSecretArn !== undefined;
}

/** One bucket under equal or nested prefixes would copy onto itself, or copy its own copies. */
export function isOverlap(
  source: { bucket: string; prefix?: string | undefined },
  destination: { bucket: string; prefix?: string | undefined },
): boolean {
  if (source.bucket !== destination.bucket) return false;
  const from = source.prefix ?? '';
  const to = destination.prefix ?? from;
  return from.startsWith(to) || to.startsWith(from);
}

/** A role without an external id could be had by others through us; an id without a role is a slip. */
export function roleIssues(source: SideAddress, destination: SideAddress): { path: string[]; message: string }[] {
  const issues = Object.entries({ source, destination }).flatMap(([name, { roleArn, externalId }]) => {
    if ((roleArn === undefined) === (externalId === undefined)) return [];
    return roleArn === undefined
      ? [{ path: [name, 'roleArn'], message: 'expected a role beside the external id' }]
      : [
          {
            path: [name, 'externalId'],
            message:
              'expected one beside roleArn: every role is assumed with an external id, which its trust policy asks for',
          },
        ];
  });
  const isSame = source.roleArn !== undefined && source.roleArn === destination.roleArn;
  if (isSame && issues.length === 0 && source.externalId !== destination.externalId)
    issues.push({
      path: ['destination', 'externalId'],
      message: `expected that of the source, ${source.externalId}: it is the same role`,
    });
  return issues;
}

/** Keys without a place mean nothing, and no role of ours means anything to another server, or in another partition. */
export function reachIssues(source: SideAddress, destination: SideAddress): { path: string[]; message: string }[] {
  const issues = Object.entries({ source, destination }).flatMap(([name, side]) =>
    Object.entries(reachFaults(side)).map(([field, message]) => ({ path: [name, field], message })),
  );
  const [from, to] = [source, destination].map(({ region, endpoint }) =>
    region === undefined || endpoint !== undefined ? undefined : partitionOf(region),
  );
  if (from && to && from !== to && !isReachedByKeys(source) && !isReachedByKeys(destination))
    issues.push({
      path: ['destination', 'credentialsSecretArn'],
      message: `expected one here or at the source: ${source.region} is of the partition ${from} and ${destination.region} of ${to}, and no role reaches both`,
    });
  return issues;
}

function reachFaults(side: SideAddress): Record<string, string> {
  const { credentialsSecretArn, credentialsSecretKmsKeyArn, endpoint, region, roleArn } = side;
  // What is no name of a Region at all is told already.
  const isPlain = region === undefined || AWS_REGION.test(region) || !ANY_REGION.test(region);
  if (credentialsSecretArn === undefined)
    return {
      ...(credentialsSecretKmsKeyArn === undefined
        ? {}
        : { credentialsSecretKmsKeyArn: 'expected a secret, credentialsSecretArn, beside its key' }),
      ...(endpoint === undefined
        ? {}
        : { endpoint: 'expected credentialsSecretArn beside it: the roles of AWS are nobody to another server' }),
      ...(isPlain ? {} : { region: 'expected a Region such as eu-central-1' }),
    };
  return {
    ...(roleArn === undefined
      ? {}
      : { roleArn: 'expected none beside credentialsSecretArn: a side is reached by one of them' }),
    ...(region === undefined
      ? { region: 'expected the Region that requests are signed for; a server other than AWS says which it takes' }
      : {}),
    ...(isPlain || endpoint !== undefined
      ? {}
      : { region: 'expected a Region such as eu-central-1, or an endpoint beside it' }),
  };
}
