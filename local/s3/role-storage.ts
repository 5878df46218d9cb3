import type { Authorize } from '../access/authorize.js';
import { callerOf } from '../access/principals.js';
import { AccessDenied, type StepFunctionsPorts } from '../step-functions/ports.js';
import { CallerStorage, StorageDenied } from './caller-storage.js';
import type { EmbeddedS3 } from './embedded-s3.js';

/** S3 as the role of a state machine reaches it: the files of ItemReader and ResultWriter. */
export function roleStorage(
  s3: EmbeddedS3,
  authorize: Authorize | undefined,
  accountId: string,
): Pick<StepFunctionsPorts, 'readObject' | 'writeObject'> {
  const as = <Result>(roleArn: string, act: (storage: CallerStorage) => Result): Result => {
    const caller = callerOf({ accessKeyId: '', secretAccessKey: '', principalArn: roleArn }, accountId);
    try {
      return act(new CallerStorage(s3, { authorize, accountId }, caller));
    } catch (error) {
      if (error instanceof StorageDenied) throw new AccessDenied(error.message, { cause: error });
      throw error;
    }
  };
  return {
    readObject: async (bucket, key, roleArn) => as(roleArn, (storage) => storage.get(bucket, key))?.body,
    writeObject: async (bucket, key, body, contentType, roleArn) =>
      as(roleArn, (storage) => storage.put(bucket, key, body, { contentType })),
  };
}
