import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { route } from '../../local/doors/route.js';

const signedFor = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=AKID/20240131/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

describe('A request goes to', () => {
  it.each([
    ['the service that its signature names', '/', { authorization: signedFor('s3') }, { service: 's3' }],
    [
      'DynamoDB, with the action of its target',
      '/',
      { authorization: signedFor('dynamodb'), 'x-amz-target': 'DynamoDB_20120810.PutItem' },
      { service: 'dynamodb', action: 'PutItem' },
    ],
    [
      'Step Functions, with the action of its target',
      '/',
      { authorization: signedFor('states'), 'x-amz-target': 'AWSStepFunctions.StartExecution' },
      { service: 'states', action: 'StartExecution' },
    ],
    [
      'Step Functions, unsigned, by its target',
      '/',
      { 'x-amz-target': 'AWSStepFunctions.StartExecution' },
      { service: 'states', action: 'StartExecution' },
    ],
    [
      'the signed service although the target names another',
      '/',
      { authorization: signedFor('states'), 'x-amz-target': 'DynamoDB_20120810.PutItem' },
      { service: 'states', action: '' },
    ],
    ['Lambda', '/2015-03-31/functions/f/invocations', { authorization: signedFor('lambda') }, { service: 'lambda' }],
    [
      'S3, for a bucket that is called as Lambda paths begin',
      '/2015-03-31/functions/f/invocations',
      {},
      { service: 's3' },
    ],
    ['STS', '/', { authorization: signedFor('sts') }, { service: 'sts' }],
    [
      'S3, presigned',
      '/bucket/key?X-Amz-Credential=AKID%2F20240131%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Signature=0',
      {},
      { service: 's3' },
    ],
    ['S3, without a signature', '/bucket/key', {}, { service: 's3' }],
    ['S3, where the signature makes no sense', '/bucket/key', { authorization: 'Basic aGVsbG8=' }, { service: 's3' }],
    [
      'SQS, with the action of its target, also by the URL of a queue',
      '/123456789012/queue',
      { authorization: signedFor('sqs'), 'x-amz-target': 'AmazonSQS.SendMessage' },
      { service: 'sqs', action: 'SendMessage' },
    ],
    [
      'EventBridge, unsigned, by its target',
      '/',
      { 'x-amz-target': 'AWSEvents.PutRule' },
      { service: 'events', action: 'PutRule' },
    ],
    [
      'nobody, for a service that is not there',
      '/',
      { authorization: signedFor('sns') },
      { service: 'absent', name: 'sns' },
    ],
  ])('%s', (_title, target, headers, expected) => {
    expect(route(target, headers)).toEqual(expected);
  });

  it('someone, whatever it says', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (target, authorization, amzTarget) => {
        expect(route(`/${target}`, { authorization, 'x-amz-target': amzTarget }).service).toEqual(expect.any(String));
      }),
    );
  });
});
