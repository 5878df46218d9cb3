import { S3ControlClient } from '@aws-sdk/client-s3-control';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { clientSettings, REQUEST_TIMEOUT, type Connection } from '../connection.js';

/**
 * A client of S3 Control, which has S3 Batch Operations. On AWS the account stands in front of the host; an address of digits
 * takes no such name, and finds the account in the header that comes with every request.
 */
export function createS3ControlClient(
  connection: Connection,
  maxAttempts: number,
  retryDelayMs = 100,
): S3ControlClient {
  const client = new S3ControlClient({
    retryStrategy: new ConfiguredRetryStrategy(maxAttempts, (tries) => Math.random() * retryDelayMs * 2 ** tries),
    requestHandler: REQUEST_TIMEOUT,
    ...clientSettings(connection),
  });
  const { endpointProvider } = client.config;
  client.config.endpointProvider = (parameters, context) =>
    endpointProvider(
      isAddress(parameters.Endpoint) ? { ...parameters, RequiresAccountId: false, AccountId: undefined } : parameters,
      context,
    );
  return client;
}

/** `http://127.0.0.1:4566`, `http://[::1]:4566`; also where the endpoint comes of the environment. */
function isAddress(endpoint: unknown): boolean {
  const text = typeof endpoint === 'string' ? endpoint : '';
  return URL.canParse(text) && /^(?:[\d.]+|\[.+\])$/.test(new URL(text).hostname);
}
