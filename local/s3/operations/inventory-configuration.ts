import { type XmlElement, childText, readXml } from '../../http/xml-reader.js';
import { INVENTORY_FIELDS } from '../inventory-columns.js';
import { VERSION_FIELDS } from '../inventory-rows.js';
import { type Operation, type S3Call, bucketOf } from '../s3-call.js';
import { S3Error, notImplemented } from '../s3-error.js';

/**
 * Keeps an inventory configuration and delivers its first inventory at once. S3 takes up to 48 hours for it, and then
 * delivers every day or week; here the configuration is put again for another one.
 */
export const putInventoryConfiguration: Operation = async (call) => {
  const source = bucketOf(call);
  const text = (await call.payload()).data.toString();
  const configuration = readConfiguration(call, text);
  if (!call.service.buckets.has(configuration.destinationBucket))
    throw new S3Error('InvalidS3DestinationBucket', { BucketName: configuration.destinationBucket });
  source.inventories.set(configuration.configId, text);
  const { enabled, format, ...inventory } = configuration;
  if (enabled) await call.service.deliverInventory({ bucket: source.name, ...inventory }, format);
  return { status: 204 };
};

export const getInventoryConfiguration: Operation = (call) => {
  const body = bucketOf(call).inventories.get(idOf(call));
  if (body === undefined) throw new S3Error('NoSuchConfiguration');
  return { status: 200, body };
};

export const deleteInventoryConfiguration: Operation = (call) => {
  if (!bucketOf(call).inventories.delete(idOf(call))) throw new S3Error('NoSuchConfiguration');
  return { status: 204 };
};

function idOf({ query }: S3Call): string {
  return query.get('id') ?? '';
}

function readConfiguration(call: S3Call, text: string) {
  const document = readXml(text);
  if (document?.name !== 'InventoryConfiguration') throw new S3Error('MalformedXML');
  const configId = required(childText(document, 'Id'));
  if (configId !== idOf(call) || !/^[\w.-]{1,64}$/.test(configId))
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'id', ArgumentValue: idOf(call) },
      'The id of the query and of the configuration must be the same: 1 to 64 letters, digits, dots, dashes and underscores.',
    );
  if (child(document, 'Filter')) throw notImplemented({ parameter: 'Filter' });
  const versions = required(childText(document, 'IncludedObjectVersions'));
  if (versions !== 'Current' && versions !== 'All') throw new S3Error('MalformedXML');
  const frequency = childText(child(document, 'Schedule') ?? document, 'Frequency');
  if (frequency !== 'Daily' && frequency !== 'Weekly') throw new S3Error('MalformedXML');
  const target = child(child(document, 'Destination'), 'S3BucketDestination');
  if (!target) throw new S3Error('MalformedXML');
  const given = required(childText(target, 'Format'));
  const format = FORMATS.find((each) => each === given);
  if (!format) throw given === 'ORC' ? notImplemented({ parameter: 'Format: ORC' }) : new S3Error('MalformedXML');
  if (child(target, 'Encryption')) throw notImplemented({ parameter: 'Encryption' });
  return {
    configId,
    format,
    enabled: childText(document, 'IsEnabled') === 'true',
    destinationBucket: required(childText(target, 'Bucket')).split(':').at(-1) ?? '',
    prefix: childText(target, 'Prefix') ?? '',
    fields: [
      ...(versions === 'All' ? VERSION_FIELDS : []),
      ...(child(document, 'OptionalFields')?.children ?? []).map(readField),
    ],
  };
}

const FORMATS = ['CSV', 'Parquet'] as const;

function readField({ name, text }: XmlElement): string {
  if (name !== 'Field' || !(INVENTORY_FIELDS as readonly string[]).includes(text)) throw new S3Error('MalformedXML');
  return text;
}

function child(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent?.children.find((each) => each.name === name);
}

function required(text: string | undefined): string {
  if (text === undefined || text === '') throw new S3Error('MalformedXML');
  return text;
}
