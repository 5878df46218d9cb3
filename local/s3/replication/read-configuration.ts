import { randomBytes } from 'node:crypto';
import { type XmlElement, childText, readXml } from '../../http/xml-reader.js';
import { XML_DECLARATION, element } from '../../http/xml.js';
import { S3Error } from '../s3-error.js';
import { type StorageClass, parseStorageClass } from '../stored-object.js';
import type { ReplicationConfiguration, ReplicationDestination, ReplicationRule } from './configuration.js';

/**
 * Reads the document of PutBucketReplication. Rules without an ID get one, as S3 gives them one.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRule.html; the messages are as seen on S3, but where said.
 * @param bucketName of the source
 * @throws S3Error `MalformedXML`, `InvalidRequest`, `InvalidArgument`
 */
export function readReplication(text: string, bucketName: string): ReplicationConfiguration {
  const document = readXml(text);
  if (document?.name !== 'ReplicationConfiguration') throw new S3Error('MalformedXML');
  const role = childText(document, 'Role')?.trim();
  const elements = document.children.filter(({ name }) => name === 'Rule');
  if (role === undefined || elements.length === 0) throw new S3Error('MalformedXML');
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/./.test(role))
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'Role', ArgumentValue: role },
      'Invalid Role specified in replication configuration',
    );
  if (elements.length > MAX_RULES)
    throw invalid(`The number of replication rules must not exceed the allowed limit of ${MAX_RULES} rules.`);
  const named = elements.map(withId);
  const rules = named.map((each) => readRule(each, bucketName));
  checkTogether(rules);
  const xml = `${XML_DECLARATION}<ReplicationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${element('Role', role)}${named.map(written).join('')}</ReplicationConfiguration>`;
  return { role, rules, xml };
}

const MAX_RULES = 1000;
const MAX_ID = 255;
const MAX_PRIORITY = 2_147_483_647;
const SCHEMA =
  'for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.';

const invalid = (message: string) => new S3Error('InvalidRequest', {}, message);

function withId(rule: XmlElement): XmlElement {
  if (childText(rule, 'ID')) return rule;
  const id = { name: 'ID', text: randomBytes(24).toString('base64url'), children: [] };
  return { ...rule, children: [id, ...rule.children.filter(({ name }) => name !== 'ID')] };
}

function readRule(rule: XmlElement, bucketName: string): ReplicationRule {
  const id = childText(rule, 'ID') ?? '';
  if (id.length > MAX_ID)
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'ID', ArgumentValue: id },
      `The maximum value is ${MAX_ID} characters.`,
    );
  const filter = child(rule, 'Filter');
  const markers = child(rule, 'DeleteMarkerReplication');
  const priority = childText(rule, 'Priority')?.trim();
  // That it is refused so is a guess: AWS says that the parameter is no longer supported.
  if (child(rule, 'ExistingObjectReplication'))
    throw invalid('ExistingObjectReplication is no longer supported. Use S3 Batch Replication for existing objects.');
  if (filter && priority === undefined) throw invalid(`Priority must be specified ${SCHEMA}`);
  if (filter && !markers) throw invalid(`DeleteMarkerReplication must be specified ${SCHEMA}`);
  if (!filter && markers) throw invalid(`DeleteMarkerReplication cannot be used ${SCHEMA}`);
  if (!filter && priority !== undefined) throw invalid(`Priority cannot be used ${SCHEMA}`);
  if (filter && child(rule, 'Prefix')) throw new S3Error('MalformedXML');
  const { prefix, tags } = readFilter(filter ?? rule);
  const deleteMarkers = markers ? isOn(markers) : true;
  if (tags.length > 0 && deleteMarkers)
    throw invalid(
      'Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer Guide for more information.',
    );
  const criteria = child(rule, 'SourceSelectionCriteria');
  const kmsObjects = isOn(child(criteria, 'SseKmsEncryptedObjects'));
  const destination = readDestination(child(rule, 'Destination'), bucketName);
  if (kmsObjects && destination.replicaKey === undefined)
    throw invalid('EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present.');
  if (destination.replicaKey !== undefined && !child(criteria, 'SseKmsEncryptedObjects'))
    throw invalid('SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.');
  return {
    id,
    version: filter ? 2 : 1,
    isEnabled: readStatus(rule),
    priority: readPriority(priority),
    prefix,
    tags,
    deleteMarkers,
    kmsObjects,
    replicaModifications: isOn(child(criteria, 'ReplicaModifications')),
    destination,
  };
}

function readPriority(text = '0'): number {
  const priority = Number(text);
  if (!/^-?\d+$/.test(text)) throw new S3Error('MalformedXML');
  if (priority < 0 || priority > MAX_PRIORITY) throw invalid(`Priority must be between 0 and ${MAX_PRIORITY}.`);
  return priority;
}

/** `<Prefix>`, one `<Tag>`, or both and more within `<And>`; empty for all objects. */
function readFilter(filter: XmlElement): Pick<ReplicationRule, 'prefix' | 'tags'> {
  const and = child(filter, 'And');
  const from = and ?? filter;
  const tags = from.children.filter(({ name }) => name === 'Tag').map(readTag);
  const prefix = childText(from, 'Prefix');
  if (filter.name === 'Filter' && !and && filter.children.length > 1) throw new S3Error('MalformedXML');
  if (and && tags.length + (prefix === undefined ? 0 : 1) < 2) throw new S3Error('MalformedXML');
  if (new Set(tags.map(([key]) => key)).size < tags.length) throw invalid('Duplicate Tag Keys are not allowed.');
  return { prefix: prefix ?? '', tags };
}

function readTag(tag: XmlElement): readonly [string, string] {
  const [key, value] = [childText(tag, 'Key'), childText(tag, 'Value')];
  if (!key || value === undefined) throw new S3Error('MalformedXML');
  return [key, value];
}

function readDestination(destination: XmlElement | undefined, bucketName: string): ReplicationDestination {
  const arn = destination && childText(destination, 'Bucket')?.trim();
  if (!destination || arn === undefined) throw new S3Error('MalformedXML');
  const [, bucket] = /^arn:aws[\w-]*:s3:::(.+)$/.exec(arn) ?? [];
  if (bucket === undefined)
    throw new S3Error('InvalidArgument', { ArgumentName: 'Bucket', ArgumentValue: arn }, 'Invalid bucket ARN.');
  if (bucket === bucketName) throw invalid('Destination bucket cannot be the same as the source bucket.');
  const account = childText(destination, 'Account')?.trim();
  const translation = child(destination, 'AccessControlTranslation');
  if (account !== undefined && !/^\d{12}$/.test(account)) throw new S3Error('MalformedXML');
  if (translation && childText(translation, 'Owner')?.trim() !== 'Destination') throw new S3Error('MalformedXML');
  // The words are a guess; that it takes both is AWS's.
  if (translation && account === undefined)
    throw invalid('Account must be specified if AccessControlTranslation is present.');
  const [time, metrics] = [child(destination, 'ReplicationTime'), child(destination, 'Metrics')];
  checkMinutes(time, 'Time');
  checkMinutes(metrics, 'EventThreshold');
  if (time && !metrics)
    throw invalid('Replication destination must contain both ReplicationTime and Metrics or neither.');
  const encryption = child(destination, 'EncryptionConfiguration');
  const replicaKey = encryption && childText(encryption, 'ReplicaKmsKeyID')?.trim();
  if (encryption && !replicaKey) throw new S3Error('MalformedXML');
  return {
    bucket,
    account,
    storageClass: readStorageClass(childText(destination, 'StorageClass')?.trim()),
    ownerOverride: translation !== undefined,
    replicaKey,
  };
}

function readStorageClass(name: string | undefined): StorageClass | undefined {
  if (name === undefined) return undefined;
  try {
    return parseStorageClass(name);
  } catch {
    throw new S3Error('MalformedXML');
  }
}

/** The one threshold that S3 has. */
function checkMinutes(parent: XmlElement | undefined, name: string): void {
  if (!parent) return;
  isOn(parent);
  const holder = child(parent, name);
  const minutes = holder && childText(holder, 'Minutes')?.trim();
  if ((name === 'Time' && minutes === undefined) || (minutes !== undefined && minutes !== '15'))
    throw new S3Error('MalformedXML');
}

/** Over all rules: ids and priorities are each there once; one schema. */
function checkTogether(rules: readonly ReplicationRule[]): void {
  for (const [index, rule] of rules.entries()) {
    const before = rules.slice(0, index);
    if (before.some(({ id }) => id === rule.id))
      throw new S3Error(
        'InvalidArgument',
        { ArgumentName: 'ID', ArgumentValue: rule.id },
        'Rule Id must be unique. Found same Id for more than one rule',
      );
    // That the schemas do not mix is AWS's; the words are a guess.
    if (before.some(({ version }) => version !== rule.version))
      throw invalid('Rules of different versions of the replication configuration schema cannot be used together.');
    if (rule.version === 2 && before.some(({ priority }) => priority === rule.priority))
      throw invalid(`Found duplicate priority ${rule.priority}. Priority must be unique across rules.`);
    if (
      rule.version === 1 &&
      before.some(({ prefix }) => prefix.startsWith(rule.prefix) || rule.prefix.startsWith(prefix))
    )
      throw invalid(`Found overlapping prefixes '${rule.prefix}' in the rules of this configuration.`);
  }
}

const readStatus = (rule: XmlElement) => isOn(rule);

function isOn(element: XmlElement | undefined): boolean {
  if (!element) return false;
  const status = childText(element, 'Status')?.trim();
  if (status !== 'Enabled' && status !== 'Disabled') throw new S3Error('MalformedXML');
  return status === 'Enabled';
}

function child(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent?.children.find((each) => each.name === name);
}

/** An element as it was read. */
function written({ name, text, children }: XmlElement): string {
  return children.length === 0 ? element(name, text) : `<${name}>${children.map(written).join('')}</${name}>`;
}
