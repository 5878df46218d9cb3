import { describe, expect, it } from '@jest/globals';
import { causeOf } from '../../../core/copy/cause.js';

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const DENIED = `User: arn:aws:sts::111122223333:assumed-role/copy/x is not authorized to perform: kms:Decrypt on resource: ${KEY} because no identity-based policy allows the kms:Decrypt action`;

describe('What S3 refused has the name that people look up', () => {
  it.each([
    ['S3’s own code', 'AccessDenied', 'Access Denied', 'AccessDenied'],
    ['S3’s own code, whatever it is', 'MetadataTooLarge', 'Your metadata headers exceed', 'MetadataTooLarge'],
    ['a key that may not be used', 'AccessDenied', DENIED, 'KmsAccessDenied'],
    [
      'a key that S3 does not name',
      'AccessDenied',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
      'KmsAccessDenied',
    ],
    ['a key that is disabled', 'KMS.DisabledException', `${KEY} is disabled.`, 'KmsAccessDenied'],
    ['a key that is gone', 'KMS.NotFoundException', 'Key does not exist', 'KmsAccessDenied'],
    [
      'a key that only the owner has',
      'InvalidRequest',
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
      'CustomerKeyNeeded',
    ],
    ['another invalid request', 'InvalidRequest', 'The specified copy source is larger', 'InvalidRequest'],
  ])('%s', (_, code, message, cause) => {
    expect(causeOf({ code, message }).cause).toBe(cause);
  });

  it('a key that may not be used is named, by S3 or by what is known of the object', () => {
    expect(causeOf({ code: 'AccessDenied', message: DENIED }, ['arn:aws:kms:x:1:key/other']).message).toBe(
      `AccessDenied: ${DENIED}`,
    );
    expect(causeOf({ code: 'KMS.NotFoundException', message: 'gone' }, [KEY]).message).toBe(
      `KMS.NotFoundException: gone (${KEY})`,
    );
  });
});
