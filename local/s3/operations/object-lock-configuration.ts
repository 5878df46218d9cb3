import { type XmlElement, childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { digestedBody } from '../digested-body.js';
import type { LockConfiguration } from '../object-lock.js';
import { isLockMode } from '../object-lock-headers.js';
import { type Operation, bucketOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';

export const getObjectLockConfiguration: Operation = (call) => {
  const { name, objectLock } = bucketOf(call);
  if (!objectLock) throw new S3Error('ObjectLockConfigurationNotFoundError', { BucketName: name });
  const { defaultRetention: rule } = objectLock;
  const retention =
    rule &&
    `<Rule><DefaultRetention>${element('Mode', rule.mode)}${element(rule.unit, rule.count)}</DefaultRetention></Rule>`;
  return {
    status: 200,
    body: `${XML_DECLARATION}<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled>${retention ?? ''}</ObjectLockConfiguration>`,
  };
};

/** Switches Object Lock on, which takes versioning, and sets or removes the default retention. */
export const putObjectLockConfiguration: Operation = async (call) => {
  bucketOf(call);
  const configuration = readConfiguration(await digestedBody(call));
  const bucket = bucketOf(call);
  if (bucket.objects.versioning !== 'Enabled')
    throw new S3Error(
      'InvalidBucketState',
      {},
      "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    );
  bucket.objectLock = configuration;
  return { status: 200 };
};

function readConfiguration(text: string): LockConfiguration {
  const document = readXml(text);
  if (document?.name !== 'ObjectLockConfiguration' || childText(document, 'ObjectLockEnabled')?.trim() !== 'Enabled')
    throw new S3Error('MalformedXML');
  const rule = document.children.find((child) => child.name === 'Rule');
  if (!rule) return {};
  const retention = rule.children.find((child) => child.name === 'DefaultRetention');
  if (!retention) throw new S3Error('MalformedXML');
  const mode = childText(retention, 'Mode')?.trim() ?? '';
  if (!isLockMode(mode)) throw new S3Error('MalformedXML');
  return { defaultRetention: { mode, ...readPeriod(retention) } };
}

/** Days or years, not both; a hundred years at most. */
function readPeriod(retention: XmlElement): { unit: 'Days' | 'Years'; count: number } {
  const [days, years] = [childText(retention, 'Days'), childText(retention, 'Years')];
  const text = (days ?? years)?.trim();
  if (text === undefined || (days !== undefined && years !== undefined) || !/^-?\d{1,10}$/.test(text))
    throw new S3Error('MalformedXML');
  const [unit, count] = [days === undefined ? ('Years' as const) : ('Days' as const), Number(text)];
  const argument = { ArgumentName: unit, ArgumentValue: text };
  if (count <= 0)
    throw new S3Error('InvalidArgument', argument, 'Default retention period must be a positive integer value.');
  if (count > (unit === 'Days' ? 36_500 : 100))
    throw new S3Error('InvalidArgument', argument, 'Default retention period is too large');
  return { unit, count };
}
