import { type XmlElement, childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { Body } from '../body.js';
import { checkedChecksum } from '../claimed-checksum.js';
import { ALGORITHMS, type BucketEncryption, DEFAULT_ENCRYPTION, kindOf } from '../encryption/bucket-encryption.js';
import { type Operation, bucketOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';

/** Every bucket has a default encryption. */
export const getBucketEncryption: Operation = (call) => {
  const { kind, keyId, bucketKey, blocked } = bucketOf(call).encryption ?? DEFAULT_ENCRYPTION;
  const byDefault = `<ApplyServerSideEncryptionByDefault>${element('SSEAlgorithm', ALGORITHMS[kind])}${element('KMSMasterKeyID', keyId)}</ApplyServerSideEncryptionByDefault>`;
  const types =
    blocked === undefined
      ? ''
      : `<BlockedEncryptionTypes>${element('EncryptionType', blocked)}</BlockedEncryptionTypes>`;
  return {
    status: 200,
    body: `${XML_DECLARATION}<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>${byDefault}${types}${element('BucketKeyEnabled', bucketKey)}</Rule></ServerSideEncryptionConfiguration>`,
  };
};

/** For what is written from now on. Whether there is such a key is seen when it is used. */
export const putBucketEncryption: Operation = async (call) => {
  bucketOf(call);
  const payload = await call.payload();
  checkedChecksum(call, payload, Body.of(payload.data));
  const bucket = bucketOf(call);
  const encryption = readConfiguration(payload.data.toString());
  // A configuration that does not speak of blocked types leaves them as they are.
  bucket.encryption = { ...encryption, blocked: encryption.blocked ?? bucket.encryption?.blocked };
  return { status: 200 };
};

export const deleteBucketEncryption: Operation = (call) => {
  bucketOf(call).encryption = undefined;
  return { status: 204 };
};

function readConfiguration(text: string): BucketEncryption {
  const document = readXml(text);
  const [rule, ...more] = document?.children ?? [];
  if (document?.name !== 'ServerSideEncryptionConfiguration' || rule?.name !== 'Rule' || more.length > 0)
    throw new S3Error('MalformedXML');
  const byDefault = rule.children.find(({ name }) => name === 'ApplyServerSideEncryptionByDefault');
  const kind = byDefault ? kindOf(childText(byDefault, 'SSEAlgorithm')?.trim()) : DEFAULT_ENCRYPTION.kind;
  if (kind === undefined) throw new S3Error('MalformedXML');
  const keyId = byDefault && childText(byDefault, 'KMSMasterKeyID')?.trim();
  if (keyId !== undefined && kind === 'SSE-S3')
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'ApplyServerSideEncryptionByDefault' },
      'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
    );
  return { kind, keyId, bucketKey: readBoolean(childText(rule, 'BucketKeyEnabled')), blocked: readBlocked(rule) };
}

function readBlocked(rule: XmlElement): BucketEncryption['blocked'] {
  const types = rule.children.find(({ name }) => name === 'BlockedEncryptionTypes');
  if (!types) return undefined;
  const type = childText(types, 'EncryptionType')?.trim();
  if (type !== 'SSE-C' && type !== 'NONE') throw new S3Error('MalformedXML');
  return type;
}

function readBoolean(text = 'false'): boolean {
  const value = text.trim();
  if (value !== 'true' && value !== 'false') throw new S3Error('MalformedXML');
  return value === 'true';
}
