import { type Fields, isObject } from '../definition/fields.js';
import type { Visit } from '../run/visit.js';
import type { Destination, WriterConfig } from './result-writer.js';

/** ResultWriter of a definition: how the results are shaped, and where they go; without a destination, to the state's result. */
export interface ResultWriterField {
  config: WriterConfig;
  destination: ((visit: Visit) => Promise<Destination>) | undefined;
}

export function resultWriterOf(fields: Fields): ResultWriterField | undefined {
  const writer = fields.object('ResultWriter');
  if (!writer) return undefined;
  writer.allow('Resource', 'Arguments', 'WriterConfig');
  const exports = writer.has('Resource') || writer.has('Arguments');
  if (!exports && !writer.has('WriterConfig')) writer.invalid("Field 'ResultWriter' cannot be empty");
  const config = writer.object('WriterConfig');
  config?.allow('Transformation', 'OutputType');
  config?.require('Transformation', 'OutputType');
  const transformation = config?.oneOf('Transformation', ['NONE', 'COMPACT', 'FLATTEN']) ?? 'NONE';
  const outputType = config?.oneOf('OutputType', ['JSON', 'JSONL']) ?? 'JSON';
  if (!exports && outputType === 'JSONL')
    config?.notImplemented('the OutputType JSONL without a destination', 'OutputType');
  return { config: { transformation, outputType }, destination: exports ? destinationOf(writer) : undefined };
}

function destinationOf(writer: Fields): (visit: Visit) => Promise<Destination> {
  writer.require('Resource', 'Arguments');
  const resource = writer.string('Resource');
  if (resource !== undefined && !/^arn:[^:]+:states:::s3:putObject$/.test(resource)) {
    writer.notImplemented(
      `the ResultWriter resource '${resource}'; the only one is arn:<partition>:states:::s3:putObject`,
      'Resource',
    );
  }
  const given = writer.get('Arguments');
  if (isObject(given)) {
    if (!('Bucket' in given)) writer.invalid("The field 'Bucket' is required but was missing", 'Arguments');
    for (const name of Object.keys(given)) {
      if (name !== 'Bucket' && name !== 'Prefix') writer.notImplemented(`the argument '${name}'`, `Arguments/${name}`);
    }
  }
  const template = writer.template('Arguments') ?? { kind: 'constant', value: {} };
  return async (visit) => {
    const values = await visit.evaluateAs('object', template);
    const { Bucket: bucket, Prefix: prefix = '' } = values;
    if (typeof bucket !== 'string' || typeof prefix !== 'string') {
      throw visit.runtimeError(
        `The ResultWriter's Arguments must have the strings Bucket and Prefix, but were: ${JSON.stringify(values)}`,
      );
    }
    return { bucket, prefix };
  };
}
