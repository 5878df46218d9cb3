import { XML_DECLARATION } from '../../http/xml.js';
import { type Operation, type S3Call, bucketOf } from '../s3-call.js';
import { S3Error, type S3ErrorCode } from '../s3-error.js';

/**
 * What S3 answers of a bucket that was made and left as it was: nothing else set.
 */
export const bucketSettings = {
  /** us-east-1 is written as no location at all. */
  GetBucketLocation: setting('LocationConstraint', (call) =>
    call.service.region === 'us-east-1' ? '' : call.service.region,
  ),
  GetBucketLogging: setting('BucketLoggingStatus', () => ''),
  GetBucketAccelerateConfiguration: setting('AccelerateConfiguration', () => ''),
  GetBucketRequestPayment: setting('RequestPaymentConfiguration', () => '<Payer>BucketOwner</Payer>'),
  GetBucketOwnershipControls: setting(
    'OwnershipControls',
    (call) => `<Rule><ObjectOwnership>${bucketOf(call).ownership}</ObjectOwnership></Rule>`,
  ),
  GetBucketTagging: absent('NoSuchTagSet'),
  GetBucketPolicy: absent('NoSuchBucketPolicy'),
  GetBucketPolicyStatus: absent('NoSuchBucketPolicy'),
  GetBucketCors: absent('NoSuchCORSConfiguration'),
  GetBucketLifecycleConfiguration: absent('NoSuchLifecycleConfiguration'),
} as const satisfies Record<string, Operation>;

function setting(root: string, content: (call: S3Call) => string): Operation {
  return (call) => {
    bucketOf(call);
    return {
      status: 200,
      body: `${XML_DECLARATION}<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content(call)}</${root}>`,
    };
  };
}

function absent(code: S3ErrorCode): Operation {
  return (call) => {
    throw new S3Error(code, { BucketName: bucketOf(call).name });
  };
}
