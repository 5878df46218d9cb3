import type { BucketAddress } from '../../../contracts/side.js';
import type { BucketFacts } from './facts.js';
import { mayNotLook, note, ok, stop, type Finding } from './finding.js';

/** Account and Region of the state machine, which are a bucket's where the pair does not say otherwise. */
export interface Stack {
  account: string;
  region: string;
}

/** Whether a bucket is there, and is where and whose the pair says. */
export function judgeBucket(check: string, facts: BucketFacts, at: BucketAddress, stack: Stack): Finding {
  const address = `s3://${facts.bucket}`;
  const { region } = facts;
  if (region.kind === 'refused')
    return region.code === 'NotFound'
      ? stop(
          check,
          `a bucket ${address}`,
          'no such bucket',
          'Create it, or mend the name in the pair and deploy again.',
        )
      : mayNotLook(check, region.code, `s3:ListBucket on ${address}`);
  if (facts.owner === 'another') return judgeOwner(check, address, at, stack);
  const expected = at.region ?? stack.region;
  if (region.value !== undefined && region.value !== expected)
    return note(
      check,
      `${address} in ${expected}`,
      `it is in ${region.value}`,
      `Every call finds it by a detour. Say region: ${region.value} in the pair and deploy again.`,
    );
  return ok(
    check,
    `${address} in ${region.value ?? 'a Region that S3 does not tell'}, of account ${at.account ?? stack.account}`,
  );
}

/** A pair that names the account has S3 refuse every call to a bucket of another one. */
function judgeOwner(check: string, address: string, at: BucketAddress, stack: Stack): Finding {
  const expected = `${address} of account ${at.account ?? stack.account}`;
  const found = 'it is another account’s, or you may not use it under that one';
  return at.account === undefined
    ? note(
        check,
        expected,
        found,
        'Name its account in the pair and deploy again, so that no other bucket can stand in for it.',
      )
    : stop(
        check,
        expected,
        found,
        'Mend account or bucket in the pair and deploy again: S3 refuses every call of a run.',
      );
}
