import type { PairBounds } from '../../../contracts/pair.js';
import { isReachedByKeys, type ReachedAddress } from '../../../contracts/side.js';
import { remedyFor, wordsAboutKeys } from '../../report/remedies.js';
import type { BucketFacts, PairFacts } from './facts.js';
import { note, ok, stop, type Finding } from './finding.js';
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
    ifSeen(facts[room], () => [
      judgeVersioning(`${room} versioning`, facts[room]),
      judgeEncryption(`${room} encryption`, facts[room], bounds[room].kmsKeyArn),
      policy(room),
    ]);
  return [
    ...reachOf('source', bounds, source),
    ...bucketOf('source', source, bounds.source, stack),
    ...side('source'),
    ...reachOf('destination', bounds, destination),
    ...bucketOf('destination', destination, bounds.destination, stack),
    ...side('destination'),
    judgeEtags(source, destination),
    ...bucketOf('inventory', inventory, bounds.inventory, stack),
    ...ifSeen(inventory, () => [policy('inventory')]),
    ...ifSeen(source, () => judgeConfiguration(facts.configuration, bounds, facts.newest)),
    judgeNewest(facts.newest, now),
    judgeBucket('work bucket', work, { bucket: work.bucket, ...stack }, stack),
    ...ifThere(work, () => [policy('work'), judgeLock(facts.holder)]),
  ];
}

/** Whoever looks is not the role: what is seen of the bucket may be more, or less, than the role sees. Keys are the same for all. */
function reachOf(side: 'source' | 'destination', bounds: PairBounds, { region }: BucketFacts): Finding[] {
  const { roleArn, credentialsSecretArn } = bounds[side];
  if (credentialsSecretArn !== undefined) {
    const by = `the keys in ${credentialsSecretArn}`;
    if (region.kind === 'refused' && region.code === 'SecretNotRead')
      return [
        note(
          `${side} keys`,
          'to read the secret, as the functions of the pair do',
          `you may not, or it is not there: runs reach the ${side} by ${by}`,
          `Nobody can look there without them; only a run shows whether they work. Allow secretsmanager:GetSecretValue on the secret to yourself to have the ${side} looked at.`,
        ),
      ];
    if (isBlind(region)) return [stop(`${side} keys`, `${by} to be good`, region.code, remedyFor(region.code))];
    return [ok(`${side} keys`, `runs reach the ${side} by ${by}, and so did this look`)];
  }
  if (roleArn === undefined) return [];
  return [
    ok(
      `${side} role`,
      `runs reach the ${side} by ${roleArn}; what follows was looked at with your own credentials, and only a run shows that it can be assumed`,
    ),
  ];
}

/** Of a bucket that is reached by keys, an account is judged only where the pair names one. */
function bucketOf(room: string, facts: BucketFacts, at: ReachedAddress, stack: Stack): Finding[] {
  if (isBlind(facts.region)) return [];
  const named = isReachedByKeys(at) ? { ...stack, account: at.account ?? 'that the pair does not name' } : stack;
  return [judgeBucket(`${room} bucket`, facts, at, named)];
}

/** Nobody got so far as to look. */
function isBlind(region: BucketFacts['region']): region is { kind: 'refused'; code: string } {
  return region.kind === 'refused' && wordsAboutKeys({ code: region.code, message: '' }) !== undefined;
}

function ifSeen(facts: BucketFacts, judge: () => Finding[]): Finding[] {
  return isBlind(facts.region) ? [] : ifThere(facts, judge);
}

/** Of a bucket that is not there, there is nothing more to say. */
function ifThere({ region }: BucketFacts, judge: () => Finding[]): Finding[] {
  return region.kind === 'refused' && region.code === 'NotFound' ? [] : judge();
}
