import type { Authorize } from '../access/authorize.js';
import { AccessDenied, type StepFunctionsPorts } from '../step-functions/ports.js';
import type { EmbeddedS3 } from './embedded-s3.js';
import { accessDenied, resourceOf } from './refusal.js';

/** S3 as the role of a state machine reaches it: the files of ItemReader and ResultWriter. */
export function roleStorage(
  s3: EmbeddedS3,
  authorize: Authorize | undefined,
  accountId: string,
): Pick<StepFunctionsPorts, 'readObject' | 'writeObject'> {
  const context = { 'aws:ResourceAccount': accountId, 's3:ResourceAccount': accountId };
  const check = (principal: string, action: string, bucket: string, key = '') => {
    if (!authorize || !s3.hasBucket(bucket)) return;
    const call = { principal, action, resource: resourceOf({ bucket, key }), context };
    if (!authorize(call)) throw new AccessDenied(accessDenied(call).message);
  };
  return {
    readObject: async (bucket, key, roleArn) => {
      check(roleArn, 's3:GetObject', bucket, key);
      const object = s3.hasBucket(bucket) ? s3.getObject(bucket, key) : undefined;
      // Whoever may not list is not told what is missing.
      if (!object) check(roleArn, 's3:ListBucket', bucket);
      return object?.body;
    },
    writeObject: async (bucket, key, body, contentType, roleArn) => {
      check(roleArn, 's3:PutObject', bucket, key);
      s3.putObject(bucket, key, body, { contentType });
    },
  };
}
