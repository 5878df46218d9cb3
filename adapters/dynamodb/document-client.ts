import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clientSettings, REQUEST_TIMEOUT, type Connection } from '../connection.js';

/** Tries of the SDK for one call, where it may be asked again. */
const ATTEMPTS = 8;

/** DynamoDB with plain values in its items; what is undefined is left out. */
export function documentClient(connection: Connection, maxAttempts = ATTEMPTS): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(
    new DynamoDBClient({ maxAttempts, ...clientSettings(connection), requestHandler: REQUEST_TIMEOUT }),
    { marshallOptions: { removeUndefinedValues: true } },
  );
}
