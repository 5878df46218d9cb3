import type { Fields } from '../definition/fields.js';
import { isObject } from '../definition/fields.js';
import type { Visit } from '../run/visit.js';
import { firstItems, type InputType, type Items, itemsOfObject, readerFailed } from './items.js';

export interface ItemSource {
  bucket: string;
  key: string;
  maxItems: number;
}

/** ItemReader: the items are in an object. */
export interface ItemReader {
  /** Evaluates where they are. */
  locate(visit: Visit): Promise<ItemSource>;
  /** @throws StateError States.ItemReaderFailed. */
  read(visit: Visit, source: ItemSource): Promise<Items>;
}

const configFields = [
  'InputType',
  'MaxItems',
  'ItemsPointer',
  'CSVHeaderLocation',
  'CSVHeaders',
  'CSVDelimiter',
  'ManifestType',
  'Transformation',
];

/** Reads `ItemReader` of a definition. Only `s3:getObject` of JSON Lines and JSON is implemented. */
export function itemReaderOf(fields: Fields): ItemReader | undefined {
  const reader = fields.object('ItemReader');
  if (!reader) return undefined;
  reader.allow('Resource', 'ReaderConfig', 'Arguments');
  reader.require('Resource');
  const resource = reader.string('Resource');
  if (resource !== undefined && !/^arn:[^:]+:states:::s3:getObject$/.test(resource)) {
    reader.notImplemented(
      `the ItemReader resource '${resource}'; the only one is arn:<partition>:states:::s3:getObject`,
      'Resource',
    );
  }
  const config = reader.object('ReaderConfig');
  config?.allow(...configFields);
  if (!config?.has('InputType')) reader.invalid("The field 'InputType' is required but was missing", 'ReaderConfig');
  const inputType = config?.oneOf('InputType', ['CSV', 'JSON', 'JSONL', 'PARQUET', 'MANIFEST']);
  if (inputType !== undefined && inputType !== 'JSON' && inputType !== 'JSONL') {
    config?.notImplemented(`the InputType ${inputType}`, 'InputType');
  }
  const pointer = config?.string('ItemsPointer');
  if (pointer !== undefined && inputType !== 'JSON') config?.invalid("Field 'ItemsPointer' is not supported");
  if (pointer !== undefined && !pointer.startsWith('/'))
    config?.invalid('ItemsPointer must start with a slash', 'ItemsPointer');
  const maxItems = config?.numberOrExpression('MaxItems', { min: 0, max: 100_000_000, integer: true });
  const given = reader.get('Arguments');
  if (isObject(given)) requireArguments(reader, Object.keys(given));
  else if (typeof given !== 'string') reader.require('Arguments');
  const template = reader.template('Arguments') ?? { kind: 'constant', value: {} };
  return {
    locate: async (visit) => {
      const values = await visit.evaluateAs('object', template);
      const { Bucket: bucket, Key: key } = values;
      if (typeof bucket !== 'string' || typeof key !== 'string') {
        throw visit.runtimeError(
          `The ItemReader's Arguments must have the strings Bucket and Key, but were: ${JSON.stringify(values)}`,
        );
      }
      const count = maxItems ? await visit.evaluateAs('number', maxItems) : 0;
      return { bucket, key, maxItems: count };
    },
    read: async (visit, { bucket, key, maxItems: count }) => {
      if (count < 0) throw readerFailed('field MaxItems must be positive');
      const body = await readObject(visit, bucket, key);
      return firstItems(await itemsOfObject(body, inputType as InputType, pointer), count);
    },
  };
}

function requireArguments(reader: Fields, names: string[]): void {
  for (const name of ['Bucket', 'Key'].filter((each) => !names.includes(each))) {
    reader.invalid(`The field '${name}' is required but was missing`, 'Arguments');
  }
  for (const name of names.filter((each) => each !== 'Bucket' && each !== 'Key')) {
    if (name === 'VersionId' || name === 'ExpectedBucketOwner')
      reader.notImplemented(`the argument '${name}'`, `Arguments/${name}`);
    else reader.invalid(`The field '${name}' is not supported by Step Functions`, 'Arguments');
  }
}

async function readObject(visit: Visit, bucket: string, key: string): Promise<Buffer> {
  let body: Buffer | undefined;
  try {
    const { services, roleArn } = visit.frame.execution;
    body = await services.ports.readObject(bucket, key, roleArn);
  } catch (error) {
    throw readerFailed((error as Error).message);
  }
  if (!body) throw readerFailed(`The specified key does not exist: s3://${bucket}/${key}`);
  return body;
}
