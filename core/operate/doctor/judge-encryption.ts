import type { BucketFacts } from './facts.js';
import { mayNotLook, note, ok, stop, type Finding } from './finding.js';

/** Whether the pair's role may use the key that a bucket encrypts with. @param kmsKeyArn what the pair says */
export function judgeEncryption(check: string, facts: BucketFacts, kmsKeyArn: string | undefined): Finding {
  const { bucket, encryption } = facts;
  if (encryption.kind === 'refused')
    return mayNotLook(check, encryption.code, `s3:GetEncryptionConfiguration on s3://${bucket}`);
  const { algorithm, key } = encryption.value;
  if (!isKms(algorithm))
    return kmsKeyArn === undefined
      ? ok(check, algorithm)
      : note(
          check,
          `the pair's key ${kmsKeyArn}`,
          `new objects are encrypted with ${algorithm}`,
          'Nothing is to be done where only older objects have that key.',
        );
  return judgeKey(check, key, kmsKeyArn);
}

/** Equal sizes and times are then all that a listing proves; what a run sent itself it knows by S3's answer. */
export function judgeEtags(source: BucketFacts, destination: BucketFacts): Finding {
  const opaque = [source, destination].flatMap(({ bucket, encryption }) =>
    encryption.kind === 'seen' && isKms(encryption.value.algorithm) ? [bucket] : [],
  );
  if (opaque.length === 0) return ok('ETags', 'can be compared, as far as default encryption says');
  return note(
    'ETags',
    'ETags that can be compared',
    `KMS encrypts in ${opaque.map((bucket) => `s3://${bucket}`).join(' and ')}, where an ETag is no checksum`,
    'Nothing is to be done: what was there before is proved by size and time, what a run copies by S3’s answer.',
  );
}

/** The key of a bucket may be written as an ARN, an id or an alias; S3's own key in KMS is written as none, or as an alias. */
function judgeKey(check: string, key: string | undefined, kmsKeyArn: string | undefined): Finding {
  if (key === undefined || key.endsWith('alias/aws/s3'))
    return note(
      check,
      'a key that can be named in a policy',
      'the key that AWS keeps for S3 (aws/s3)',
      'Within one account it works as it is. Another account cannot use it: give the bucket a key of your own there.',
    );
  if (/(?:^|:)alias\//.test(key))
    return note(
      check,
      kmsKeyArn === undefined ? 'no key of KMS, as the pair names none' : `the pair's key ${kmsKeyArn}`,
      `the alias ${key}`,
      'Compare by hand: a run may use only the key whose ARN the pair names as kmsKeyArn.',
    );
  if (kmsKeyArn !== undefined && (key === kmsKeyArn || kmsKeyArn.endsWith(`:key/${key}`)))
    return ok(check, `KMS with ${key}`);
  return stop(
    check,
    kmsKeyArn === undefined ? 'no key of KMS, as the pair names none' : `the pair's key ${kmsKeyArn}`,
    `KMS with ${key}`,
    "Name this key's ARN as kmsKeyArn in the pair and deploy again: the pair's role may use no other.",
  );
}

function isKms(algorithm: string): boolean {
  return algorithm.startsWith('aws:kms');
}
