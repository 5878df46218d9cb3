import { partitionOf } from '../../contracts/partition.js';
import type { AwsCall } from './aws-call.js';

/** Where the tables are. */
export interface TableScope {
  region: string;
  accountId: string;
}

/**
 * What a request to DynamoDB does. A request that names no table does nothing: DynamoDB refuses it.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 * @param body JSON text
 */
export function dynamoDbCalls(
  operation: string,
  body: string,
  { region, accountId }: TableScope,
): Omit<AwsCall, 'principal'>[] {
  const input = parsed(body);
  const where = SUBJECTS[operation];
  if (!input || !where) return [];
  const context = { 'aws:ResourceAccount': accountId, ...contextOf(input) };
  const action = `dynamodb:${operation}`;
  const calls = where(input).map((subject) => ({
    action,
    resource:
      subject === '*' || subject.startsWith('arn:')
        ? subject
        : `arn:${partitionOf(region)}:dynamodb:${region}:${accountId}:table/${subject}`,
    context,
  }));
  const tagging = operation === 'CreateTable' && Array.isArray(input['Tags']) && input['Tags'].length > 0;
  return tagging ? [...calls, ...calls.map((call) => ({ ...call, action: 'dynamodb:TagResource' }))] : calls;
}

type Input = Readonly<Record<string, unknown>>;
/** What a request names: `<table>`, `<table>/index/<index>`, an ARN or `*`. */
type Subjects = (input: Input) => string[];

const text = (value: unknown) => (typeof value === 'string' ? [value] : []);
const table: Subjects = ({ TableName }) => text(TableName);
/** An index is a resource of its own; its table is not asked for then. */
const tableOrIndex: Subjects = ({ TableName, IndexName }) =>
  text(TableName).map((name) => (typeof IndexName === 'string' ? `${name}/index/${IndexName}` : name));
const tables: Subjects = ({ RequestItems }) => Object.keys(Object(RequestItems) as object);
const arn: Subjects = ({ ResourceArn }) => text(ResourceArn);

const SUBJECTS: Readonly<Record<string, Subjects>> = {
  BatchGetItem: tables,
  BatchWriteItem: tables,
  CreateTable: table,
  DeleteItem: table,
  DeleteTable: table,
  DescribeTable: table,
  DescribeTimeToLive: table,
  GetItem: table,
  ListTables: () => ['*'],
  ListTagsOfResource: arn,
  PutItem: table,
  Query: tableOrIndex,
  Scan: tableOrIndex,
  TagResource: arn,
  UntagResource: arn,
  UpdateItem: table,
  UpdateTable: table,
};

function contextOf(input: Input): Record<string, string> {
  const given = ['ReturnConsumedCapacity', 'ReturnValues', 'Select'].flatMap((name) =>
    text(input[name]).map((value) => [`dynamodb:${name}`, value] as const),
  );
  return Object.fromEntries(given);
}

function parsed(body: string): Input | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Input) : undefined;
  } catch {
    return undefined;
  }
}
