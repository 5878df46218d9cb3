import { request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { useEngine } from '../support/engine.js';

const under = useEngine();

const service = fc.constantFrom('s3', 'dynamodb', 'states', 'lambda', 'sts', 'sqs', 'events', 'sns', '');
const signature = fc.oneof(
  fc.constant(undefined),
  service.map(
    (name) =>
      `AWS4-HMAC-SHA256 Credential=local/20240131/us-east-1/${name}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
  ),
  fc.stringMatching(/^[ -~]*$/).map((text) => `AWS4-HMAC-SHA256 ${text}`),
  fc.stringMatching(/^[ -~]*$/),
);
const target = fc.oneof(
  fc.constantFrom(undefined, 'DynamoDB_20120810.PutItem', 'AWSStepFunctions.StartExecution', 'Nobody.Knows', '..'),
  fc.stringMatching(/^[ -~]*$/),
);
const path = fc.oneof(
  fc.constantFrom(
    '/',
    '/2015-03-31/functions/f/invocations',
    '/2015-03-31/functions//invocations',
    '/%',
    '/%ff?%',
    '//..//',
    '/?X-Amz-Credential=a',
  ),
  fc.stringMatching(/^[!-~]*$/).map((text) => `/${text}`),
);
const method = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH');

describe('The engine, whoever calls', () => {
  it('refuses what is not signed by its key, in every service, and never fails itself', async () => {
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        signature,
        target,
        fc.string(),
        async (method, path, authorization, target, body) => {
          const status = await call(under().engine.endpoint, method, path, body, {
            ...(authorization === undefined ? {} : { authorization }),
            ...(target === undefined ? {} : { 'x-amz-target': target }),
            'x-amz-date': '20240131T000000Z',
          });
          // 501: S3 refuses by name what it does not do, whoever asks.
          expect([status, (status >= 400 && status < 500) || status === 501]).toEqual([status, true]);
        },
      ),
      { numRuns: 400 },
    );
  });
});

function call(
  endpoint: string,
  method: string,
  path: string,
  body: string,
  headers: Record<string, string>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint);
    // Node gives a GET's body no length unless told.
    const framed = { ...headers, 'content-length': Buffer.byteLength(body) };
    const sent = request({ hostname, port, method, path, headers: framed }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
