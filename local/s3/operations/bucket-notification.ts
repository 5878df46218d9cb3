import { readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION } from '../../http/xml.js';
import { type Operation, accountOf, bucketOf } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';

/** Whether EventBridge is told; a bucket that tells nobody has an empty configuration. */
export const getBucketNotificationConfiguration: Operation = (call) => ({
  status: 200,
  body: `${XML_DECLARATION}<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${
    bucketOf(call).notifiesEventBridge ? '<EventBridgeConfiguration/>' : ''
  }</NotificationConfiguration>`,
});

/** Replaces the whole configuration: without `EventBridgeConfiguration`, nobody is told any more. Other targets are refused. */
export const putBucketNotificationConfiguration: Operation = async (call) => {
  bucketOf(call);
  const document = readXml((await call.payload()).data.toString());
  if (document?.name !== 'NotificationConfiguration') throw new S3Error('MalformedXML');
  for (const { name } of document.children) {
    if (TARGETS.has(name)) throw notImplemented({ parameter: name });
    if (name !== 'EventBridgeConfiguration') throw new S3Error('MalformedXML');
  }
  const bucket = bucketOf(call);
  const notifies = document.children.length > 0;
  if (notifies && accountOf(bucket, call.service) !== call.service.accountId)
    throw notImplemented({ message: `The embedded EventBridge is that of the account ${call.service.accountId} only` });
  bucket.notifiesEventBridge = notifies;
  return { status: 200 };
};

const TARGETS = new Set(['TopicConfiguration', 'QueueConfiguration', 'CloudFunctionConfiguration']);
