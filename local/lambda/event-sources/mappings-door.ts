import { partitionOf } from '../../../contracts/partition.js';
import type { Authorize } from '../../access/authorize.js';
import type { Caller } from '../../access/principals.js';
import { decodePercent, parseQuery } from '../../http/uri.js';
import { denied, LambdaServiceError, refused } from '../service-error.js';
import type { EmbeddedLambda } from '../embedded-lambda.js';
import type { EventSourceMappings } from './event-source-mappings.js';
import { type Members, textOf } from './read-mapping.js';

const PATH = /^\/2015-03-31\/event-source-mappings(?:\/([^/]*))?\/?$/;

/** A request for event source mappings, its signature proved. */
export interface MappingsRequest {
  method: string;
  path: string;
  query: string;
  body: Buffer;
}

export const isForMappings = (path: string) => PATH.test(path);

/**
 * Event source mappings over HTTP.
 * Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and its neighbours
 * @returns the status and the answer's JSON. Throws LambdaServiceError.
 */
export function answerMappings(
  { method, path, query, body }: MappingsRequest,
  { lambda, mappings }: { lambda: EmbeddedLambda; mappings: EventSourceMappings },
  access: { authorize: Authorize; caller: Caller } | undefined,
): { status: number; answer: object } {
  const uuid = decodePercent(PATH.exec(path)?.[1] ?? '') ?? '';
  const operation = OPERATIONS[`${method} ${uuid === '' ? 'all' : 'one'}`];
  if (!operation) throw refused(`${method} ${path}`);
  const members = method === 'POST' || method === 'PUT' ? readMembers(body) : {};
  if (access) ask(operation, uuid, members, { lambda, mappings, ...access });
  switch (operation) {
    case 'CreateEventSourceMapping':
      return { status: 202, answer: mappings.create(members) };
    case 'GetEventSourceMapping':
      return { status: 200, answer: mappings.get(uuid) };
    case 'UpdateEventSourceMapping':
      return { status: 202, answer: mappings.update(uuid, members) };
    case 'DeleteEventSourceMapping':
      return { status: 202, answer: mappings.delete(uuid) };
    case 'ListEventSourceMappings':
      return { status: 200, answer: list(mappings, new Map(parseQuery(query) ?? [])) };
  }
}

const OPERATIONS = {
  'POST all': 'CreateEventSourceMapping',
  'GET all': 'ListEventSourceMappings',
  'GET one': 'GetEventSourceMapping',
  'PUT one': 'UpdateEventSourceMapping',
  'DELETE one': 'DeleteEventSourceMapping',
} as Readonly<Record<string, OperationName>>;

type OperationName =
  | 'CreateEventSourceMapping'
  | 'GetEventSourceMapping'
  | 'UpdateEventSourceMapping'
  | 'DeleteEventSourceMapping'
  | 'ListEventSourceMappings';

/** A hundred at most, and where the next ones begin. */
function list(mappings: EventSourceMappings, query: ReadonlyMap<string, string>): object {
  const all = mappings.list({ queueArn: query.get('EventSourceArn'), functionName: query.get('FunctionName') });
  const max = Math.min(Number(query.get('MaxItems') ?? MAX_ITEMS), MAX_ITEMS);
  const from = Number(query.get('Marker') ?? 0);
  if (!Number.isInteger(max) || max < 1 || !Number.isInteger(from) || from < 0)
    throw new LambdaServiceError(
      'InvalidParameterValueException',
      400,
      'Expected MaxItems from 1 and a Marker of this engine.',
    );
  const next = from + max;
  return {
    ...(next < all.length && { NextMarker: String(next) }),
    EventSourceMappings: all.slice(from, next),
  };
}

/**
 * Making one is on no resource; the others are on the mapping. The function is a condition key of all that name one.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
 */
function ask(
  operation: OperationName,
  uuid: string,
  members: Members,
  {
    lambda,
    mappings,
    authorize,
    caller,
  }: {
    lambda: EmbeddedLambda;
    mappings: EventSourceMappings;
    authorize: Authorize;
    caller: Caller;
  },
): void {
  const named = textOf(members, 'FunctionName');
  const functionArn = named === undefined ? mappings.functionOf(uuid) : lambda.arnOf(named);
  const call = {
    principal: caller.principal,
    caller: caller.arn,
    action: `lambda:${operation}`,
    resource:
      uuid === ''
        ? '*'
        : `arn:${partitionOf(lambda.region)}:lambda:${lambda.region}:${lambda.accountId}:event-source-mapping:${uuid}`,
    context: {
      'aws:ResourceAccount': lambda.accountId,
      ...(functionArn !== undefined && { 'lambda:FunctionArn': functionArn }),
    },
  };
  if (!authorize(call)) throw denied(call);
}

function readMembers(body: Buffer): Members {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  } catch {
    // Told below, as for what is no object.
  }
  throw new LambdaServiceError('SerializationException', 400, 'Expected a JSON object.');
}

const MAX_ITEMS = 100;
