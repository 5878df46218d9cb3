import type { PairBounds } from '../../../contracts/pair.js';
import type { BucketFacts, PairFacts } from './facts.js';
import { ok, type Finding } from './finding.js';
import { judgeBucket, type Stack } from './judge-bucket.js';
import { judgeEncryption, judgeEtags } from './judge-encryption.js';
import { judgeConfiguration, judgeNewest } from './judge-inventory.js';
import { judgePolicy } from './judge-policy.js';
import { judgeLock } from './judge-run.js';
import { judgeVersioning } from './judge-versioning.js';

/** What the pair's roles do in each bucket, as IAM names it. A Deny of anything else meets nobody. */
const ACTIONS = {
  source: ['s3:ListBucket', 's3:GetObject', 's3:GetObjectTagging', 's3:GetEncryptionConfiguration'],
  destination: [
    's3:ListBucket',
    's3:GetObject',
    's3:PutObject',
    's3:PutObjectTagging',
    's3:AbortMultipartUpload',
    's3:GetEncryptionConfiguration',
  ],
  inventory: ['s3:ListBucket', 's3:GetObject'],
  work: ['s3:ListBucket', 's3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
} as const;

/** Judges what was looked up, in the order in which a run meets it. @param now milliseconds since the epoch */
export function examine(facts: PairFacts, bounds: PairBounds, stack: Stack, now: number): Finding[] {
  const { source, destination, inventory, work } = facts;
  const policy = (room: keyof typeof ACTIONS) => judgePolicy(`${room} policy`, facts[room], ACTIONS[room]);
  const side = (room: 'source' | 'destination') =>
    ifThere(facts[room], () => [
      judgeVersioning(`${room} versioning`, facts[room]),
      judgeEncryption(`${room} encryption`, facts[room], bounds[room].kmsKeyArn),
      policy(room),
    ]);
  return [
    ...roleOf('source', bounds),
    judgeBucket('source bucket', source, bounds.source, stack),
    ...side('source'),
    ...roleOf('destination', bounds),
    judgeBucket('destination bucket', destination, bounds.destination, stack),
    ...side('destination'),
    judgeEtags(source, destination),
    judgeBucket('inventory bucket', inventory, bounds.inventory, stack),
    ...ifThere(inventory, () => [policy('inventory')]),
    ...ifThere(source, () => judgeConfiguration(facts.configuration, bounds, facts.newest)),
    judgeNewest(facts.newest, now),
    judgeBucket('work bucket', work, { bucket: work.bucket, ...stack }, stack),
    ...ifThere(work, () => [policy('work'), judgeLock(facts.holder)]),
  ];
}

/** Whoever looks is not the role: what is seen of the bucket may be more, or less, than the role sees. */
function roleOf(side: 'source' | 'destination', bounds: PairBounds): Finding[] {
  const { roleArn } = bounds[side];
  if (roleArn === undefined) return [];
  return [
    ok(
      `${side} role`,
      `runs reach the ${side} by ${roleArn}; what follows was looked at with your own credentials, and only a run shows that it can be assumed`,
    ),
  ];
}

/** Of a bucket that is not there, there is nothing more to say. */
function ifThere({ region }: BucketFacts, judge: () => Finding[]): Finding[] {
  return region.kind === 'refused' && region.code === 'NotFound' ? [] : judge();
}
