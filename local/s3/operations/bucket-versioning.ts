import { childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { type Operation, bucketOf, header } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';

/** Of a bucket whose versioning was never set, the answer is empty. */
export const getBucketVersioning: Operation = (call) => ({
  status: 200,
  body: `${XML_DECLARATION}<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${element('Status', bucketOf(call).objects.versioning)}</VersioningConfiguration>`,
});

/** What is there stays: an object from before is the null version of its key. MFA delete is refused. */
export const putBucketVersioning: Operation = async (call) => {
  bucketOf(call);
  if (header(call, 'x-amz-mfa') !== undefined) throw notImplemented({ header: 'x-amz-mfa' });
  const document = readXml((await call.payload()).data.toString());
  if (document?.name !== 'VersioningConfiguration') throw new S3Error('MalformedXML');
  if (childText(document, 'MfaDelete') === 'Enabled') throw notImplemented({ parameter: 'MfaDelete' });
  const status = childText(document, 'Status');
  if (status === undefined) throw new S3Error('IllegalVersioningConfigurationException');
  if (status !== 'Enabled' && status !== 'Suspended') throw new S3Error('MalformedXML');
  const bucket = bucketOf(call);
  if (status === 'Suspended' && bucket.objectLock)
    throw new S3Error(
      'InvalidBucketState',
      {},
      'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    );
  if (status === 'Suspended' && bucket.replication)
    throw new S3Error(
      'InvalidBucketState',
      {},
      'A replication configuration is present on this bucket, so the versioning state cannot be changed. To change the versioning state, first delete the replication configuration.',
    );
  bucket.objects.versioning = status;
  return { status: 200 };
};
