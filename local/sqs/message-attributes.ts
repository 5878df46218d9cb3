import { createHash } from 'node:crypto';
import { SqsError, invalidValue, notDone } from './sqs-error.js';

/** A value with its type, as SQS's JSON has it; binary ones in base64. */
export type MessageAttribute =
  | { DataType: string; StringValue: string; BinaryValue?: undefined }
  | { DataType: string; BinaryValue: string; StringValue?: undefined };

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/**
 * Reads and checks what a request has as `MessageAttributes`.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 * @returns undefined where there are none
 */
export function readMessageAttributes(given: unknown): MessageAttributes | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'object' || Array.isArray(given))
    throw new SqsError('SerializationException', 'Expected a JSON object as MessageAttributes.');
  const entries = Object.entries(given as Record<string, unknown>);
  if (entries.length === 0) return undefined;
  if (entries.length > MAX_ATTRIBUTES)
    throw new SqsError(
      'InvalidParameterValueException',
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    );
  return Object.fromEntries(entries.map(([name, value]) => [checkName(name), readAttribute(name, value)]));
}

function checkName(name: string): string {
  const lawful = /^[\w.-]{1,256}$/.test(name) && !/^\.|\.$|\.\./.test(name) && !/^(?:aws|amazon)\./i.test(name);
  if (!lawful)
    throw new SqsError(
      'InvalidParameterValueException',
      `Message (user) attribute name '${name}' is invalid: expected 1 to 256 letters, digits, _, - and single periods, which do not begin or end it, and neither AWS. nor Amazon. in front.`,
    );
  return name;
}

function readAttribute(name: string, given: unknown): MessageAttribute {
  const {
    DataType: type,
    StringValue: text,
    BinaryValue: binary,
    StringListValues: texts,
    BinaryListValues: binaries,
  } = Object(given) as Record<string, unknown>;
  if (texts !== undefined || binaries !== undefined) throw notDone('lists as values of message attributes');
  if (typeof type !== 'string' || type === '')
    throw new SqsError(
      'InvalidParameterValueException',
      `The message attribute '${name}' must contain a non-empty message attribute type.`,
    );
  if (!/^(?:String|Number|Binary)(?:\..+)?$/.test(type) || type.length > 256)
    throw new SqsError(
      'InvalidParameterValueException',
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  const isBinary = type.startsWith('Binary');
  const value = isBinary ? binary : text;
  if (typeof value !== 'string' || value === '' || (isBinary ? text : binary) !== undefined)
    throw new SqsError(
      'InvalidParameterValueException',
      `Message (user) attribute '${name}' must contain a non-empty value of type '${isBinary ? 'Binary' : 'String'}'.`,
    );
  if (type.startsWith('Number') && !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value))
    throw invalidValue(value, name, `Can't cast the value of message (user) attribute '${name}' to a number.`);
  return isBinary ? { DataType: type, BinaryValue: value } : { DataType: type, StringValue: value };
}

/** Bytes that count against the size of a message: names, types and values. */
export function sizeOfAttributes(attributes: MessageAttributes | undefined): number {
  let size = 0;
  for (const [name, attribute] of Object.entries(attributes ?? {}))
    size += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + valueOf(attribute).length;
  return size;
}

/** MD5 over names, types and values in the order of names, each after its length: clients compare it with their own. */
export function md5OfAttributes(attributes: MessageAttributes): string {
  const hash = createHash('md5');
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const [name, attribute] of Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    field(Buffer.from(name));
    field(Buffer.from(attribute.DataType));
    hash.update(Buffer.from([attribute.BinaryValue === undefined ? 1 : 2]));
    field(valueOf(attribute));
  }
  return hash.digest('hex');
}

/** Those that a receiver asked for: by name, by `prefix.*`, or `All`. */
export function chosenAttributes(
  attributes: MessageAttributes | undefined,
  names: readonly string[],
): MessageAttributes | undefined {
  const chosen = Object.entries(attributes ?? {}).filter(([name]) =>
    names.some(
      (wanted) =>
        wanted === 'All' ||
        wanted === '.*' ||
        wanted === name ||
        (wanted.endsWith('.*') && name.startsWith(wanted.slice(0, -1))),
    ),
  );
  return chosen.length === 0 ? undefined : Object.fromEntries(chosen);
}

const valueOf = ({ StringValue: text, BinaryValue: binary }: MessageAttribute): Buffer =>
  text === undefined ? Buffer.from(binary, 'base64') : Buffer.from(text);

const MAX_ATTRIBUTES = 10;
