import type { Authorize } from '../access/authorize.js';
import type { AwsCall } from '../access/aws-call.js';
import { denial } from '../access/denial.js';
import type { Caller } from '../access/principals.js';
import { type RequestSaid, contextOf } from './access-context.js';
import type { S3Access } from './access.js';
import { S3Error } from './s3-error.js';

/** Asks whether the signer of a request may do a thing. @returns S3's refusal where not */
export function refusalOf(
  authorize: Authorize,
  access: S3Access,
  { caller, accountId, ...said }: RequestSaid & { caller: Caller; accountId: string },
): S3Error | undefined {
  const call = {
    principal: caller.principal,
    caller: caller.arn,
    action: access.action,
    resource: resourceOf(access, caller),
    context: contextOf(said, access, accountId),
  };
  return authorize(call) ? undefined : accessDenied(call);
}

/** Asks whether somebody may hand a role to a service that will act as it. @returns the refusal where not */
export function passRoleRefusalOf(
  authorize: Authorize,
  roleArn: string,
  service: 's3.amazonaws.com' | 'batchoperations.s3.amazonaws.com',
  caller: Caller,
): S3Error | undefined {
  const call = {
    principal: caller.principal,
    caller: caller.arn,
    action: 'iam:PassRole',
    resource: roleArn,
    context: { 'aws:ResourceAccount': roleArn.split(':')[4] ?? '', 'iam:PassedToService': service },
  };
  return authorize(call) ? undefined : new S3Error('AccessDenied', {}, denial(call));
}

/** S3 quotes the ARN, and names none for actions on the account. */
export function accessDenied(call: AwsCall): S3Error {
  const { resource } = call;
  return new S3Error('AccessDenied', {}, denial(call, resource === '*' ? '' : `"${resource}"`));
}

/** The ARN of an object, a bucket, or all of the account, in the partition of whoever asks for it. */
export function resourceOf({ bucket, key }: Pick<S3Access, 'bucket' | 'key'>, { principal }: Caller): string {
  if (bucket === '') return '*';
  const arn = `arn:${principal.split(':')[1]}:s3:::${bucket}`;
  return key === '' ? arn : `${arn}/${key}`;
}
