import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { bundleSizes, MOST_BUNDLE_BYTES } from '../../infra/bundle-sizes.js';
import { deployHandlerFolder, handlerFolder, handlerNames } from '../../infra/handler-code.js';

/** A word that only the client of a service, or a package, has in it. */
const MARKS = {
  s3: 'x-amz-copy-source',
  dynamodb: 'DynamoDB_20120810',
  sqs: 'AmazonSQS',
  states: 'AWSStepFunctions',
  tracer: 'AWS_XRAY_DAEMON_ADDRESS',
  metrics: 'CloudWatchMetrics',
  tests: '@jest/globals',
  engine: 'EmbeddedS3',
} as const;

describe('The bundle of a handler holds what the handler uses, and nothing else', () => {
  it.each<[string, (keyof typeof MARKS)[]]>([
    ['prepare-run', ['s3', 'dynamodb', 'states', 'tracer']],
    ['sync-object', ['s3', 'dynamodb', 'sqs', 'metrics']],
    ['record-dead-letter', ['dynamodb', 'metrics']],
    ['index-file', ['s3']],
    ['plan-pass', ['s3', 'tracer']],
    ['copy-chunk', ['s3', 'dynamodb']],
    ['verify-chunk', ['s3', 'dynamodb']],
    ['record-chunk-failure', ['dynamodb']],
    ['tally-pass', ['s3', 'dynamodb', 'tracer']],
    ['report-run', ['s3', 'dynamodb', 'tracer', 'metrics']],
  ])('%s: %j', (handler, expected) => {
    expect(marksIn(handlerFolder(handler)).toSorted()).toEqual(expected.toSorted());
  });

  it('and so does what CloudFormation calls', () => {
    for (const handler of ['manage-inventory', 'send-events'])
      expect(marksIn(deployHandlerFolder(handler))).toEqual(['s3']);
  });

  it('in less than 1.25 MB each', () => {
    expect(bundleSizes().map(({ handler }) => handler)).toEqual(handlerNames());
    for (const { handler, bytes } of bundleSizes())
      expect({ handler, isSmall: bytes > 0 && bytes < MOST_BUNDLE_BYTES }).toEqual({ handler, isSmall: true });
  });
});

function marksIn(folder: string): string[] {
  const text = readFileSync(join(folder, 'index.js'), 'utf8');
  return Object.entries(MARKS).flatMap(([name, mark]) => (text.includes(mark) ? [name] : []));
}
