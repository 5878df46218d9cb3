import { LambdaClient } from '@aws-sdk/client-lambda';
import { bundle } from '../../../local/bundle.js';
import { openPort } from '../../../local/doors/port.js';
import { EmbeddedLambda } from '../../../local/lambda/embedded-lambda.js';
import type { LambdaOptions } from '../../../local/lambda/embedded-lambda.js';
import type { FunctionDefinition } from '../../../local/lambda/function-definition.js';
import { serveInvoke } from '../../../local/lambda/invoke-door.js';

const region = 'eu-west-1';
const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };

/** The embedded Lambda behind a port of its own, with the SDK's client for it. */
export async function startLambda(options: Partial<LambdaOptions> = {}) {
  const bundles = await bundle({
    worker: 'local/lambda/worker.ts',
    obedient: 'test/local/lambda/obedient-function.ts',
  });
  const lambda = new EmbeddedLambda({
    region,
    accountId: '111122223333',
    workerEntry: bundles['worker'] ?? '',
    threads: 2,
    ...options,
  });
  const port = await openPort(0, (request, response) =>
    serveInvoke(request, response, { service: 'lambda', region, credentials }, lambda),
  );
  const client = new LambdaClient({ endpoint: port.endpoint, region, credentials, maxAttempts: 1 });
  return {
    lambda,
    client,
    endpoint: port.endpoint,
    /** Creates a function that obeys; answers its ARN. */
    create: (definition: Partial<FunctionDefinition> & { name: string }) =>
      lambda.createFunction({
        bundle: bundles['obedient'] ?? '',
        environment: {},
        timeoutMs: 20_000,
        memoryMb: 256,
        ...definition,
      }),
    close: async () => {
      client.destroy();
      await lambda.close();
      await port.close();
    },
  };
}
