import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import dynalite from 'dynalite';
import { jsonError } from './doors/json-door.js';
import type { JsonAnswer } from './doors/json-door.js';

/** What dynalite does; all else is refused by name. */
const OPERATIONS = new Set([
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
]);

/** DynamoDB in memory: dynalite, called with what came over our port instead of listening on its own. */
export class EmbeddedDynamoDb {
  readonly #dynalite: Server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });

  /** Answers one call. @param body JSON text */
  handle(action: string, body: string): Promise<JsonAnswer> {
    if (!OPERATIONS.has(action))
      return Promise.resolve(
        jsonError(
          'UnknownOperationException',
          `The embedded DynamoDB does not do ${action || 'a call without a target'}.`,
        ),
      );
    if (/"ReturnValuesOnConditionCheckFailure"\s*:\s*"(?!NONE")/.test(body))
      return Promise.resolve(
        jsonError('ValidationException', 'The embedded DynamoDB does not do ReturnValuesOnConditionCheckFailure.'),
      );
    if (!isObject(body)) return Promise.resolve(jsonError('SerializationException', 'Expected a JSON object.'));
    return new Promise((resolve) => this.#ask(action, body, resolve));
  }

  /** Makes a table, for the engine itself; the definition is CreateTable's input. Throws where it is refused. */
  async createTable(definition: { TableName: string }): Promise<void> {
    const { status, body } = await this.handle('CreateTable', JSON.stringify(definition));
    if (status !== 200) throw new Error(`The table ${definition.TableName} was refused: ${body}`);
  }

  /**
   * dynalite's listener gets emitters in place of a socket's streams: it throws from its event handlers where something
   * is amiss, which a real stream would turn into the end of the process.
   */
  #ask(action: string, body: string, resolve: (answer: JsonAnswer) => void): void {
    const request = Object.assign(new EventEmitter(), {
      method: 'POST',
      url: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${action}`,
        // The signature was checked at our port; dynalite only looks whether there is one.
        authorization: 'AWS4-HMAC-SHA256 Credential=checked, SignedHeaders=host, Signature=checked',
        'x-amz-date': 'checked',
      },
    });
    const headers: Record<string, string> = {};
    const response = {
      statusCode: 200,
      setHeader: (name: string, value: string | number) => {
        headers[name.toLowerCase()] = String(value);
      },
      end: (text = '') => resolve({ status: response.statusCode, body: text, headers }),
    };
    try {
      this.#dynalite.emit('request', request, response);
      request.emit('data', Buffer.from(body));
      request.emit('end');
    } catch (error) {
      // It throws while it reads the request, at input that DynamoDB would not accept either.
      resolve(jsonError('ValidationException', `${action} could not be read: ${(error as Error).message}`));
    }
  }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
