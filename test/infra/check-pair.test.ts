import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from '@jest/globals';
import type { PairInput } from '../../contracts/pair.js';
import { checkPair, checkPairs } from '../../infra/check-pair.js';
import { S3Backfill } from '../../infra/s3-backfill.js';
import { foreignStack, PHOTOS, templateOf } from './synthesize.js';

describe('A pair with a mistake cannot be deployed, and the sentence says which field is wrong', () => {
  it.each<[string, object, string]>([
    ['no destination', { destination: undefined }, 'destination: '],
    ['no bucket', { source: {} }, 'source.bucket: '],
    ['a name in capitals', { name: 'Photos' }, 'name: expected 1 to 31 lowercase letters'],
    ['a name of 32 letters', { name: 'a'.repeat(32) }, 'name: expected 1 to 31 lowercase letters'],
    [
      'an alias of a key',
      { source: { bucket: 'photos', kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:alias/x' } },
      'source.kmsKeyArn: expected the ARN of a KMS key',
    ],
    [
      'an account with a letter',
      { source: { bucket: 'photos', account: '12345678901x' } },
      'source.account: expected an AWS account id',
    ],
    [
      'a Region that is none',
      { destination: { bucket: 'copy', region: 'Frankfurt' } },
      'destination.region: expected a Region',
    ],
    [
      'a storage class that cannot be written',
      { destination: { bucket: 'copy', storageClass: 'SNOW' } },
      'destination.storageClass: ',
    ],
    [
      'a schedule in the words of cron alone',
      { schedule: { expression: '0 6 * * *' } },
      'schedule.expression: expected cron(',
    ],
    [
      'a schedule of five fields',
      { schedule: { expression: 'cron(0 6 * * *)' } },
      'schedule.expression: expected cron(',
    ],
    [
      'a time zone that is none',
      { schedule: { expression: 'rate(1 day)', timeZone: 'Europe/Springfield' } },
      'schedule.timeZone: ',
    ],
    ['no concurrency', { maxConcurrency: 0 }, 'maxConcurrency: '],
    ['a field that there is not', { destinationBucket: 'copy' }, '"destinationBucket"'],
    [
      'the source for a destination',
      { destination: { bucket: 'photos' } },
      'destination: expected a destination apart from the source',
    ],
  ])('%s', (_, fields, sentence) => {
    const pair = { ...PHOTOS, ...fields };
    expect(() => checkPair(pair)).toThrow(sentence);
    expect(() => checkPair(pair)).toThrow('docs/deploy.md');
    // In the list it is known by its name.
    const field = sentence.startsWith('"') ? '' : `.${sentence.split(':')[0]}`;
    expect(() => checkPairs([pair])).toThrow(`  ${pair.name}${field}: `);
  });

  it('two pairs of one name', () => {
    expect(() => checkPairs([PHOTOS, PHOTOS])).toThrow('photos.name: expected each name once; photos comes twice');
  });

  it('nothing at all', () => {
    expect(() => checkPair(undefined as unknown as PairInput)).toThrow('S3Backfill takes {pair: {…}}');
  });

  it('a key of another Region than its bucket', () => {
    const kmsKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/1';
    const destination = { bucket: 'copy', region: 'eu-west-1', kmsKeyArn };
    expect(() => checkPair({ ...PHOTOS, destination })).toThrow('destination.kmsKeyArn: expected a key of eu-west-1');
  });

  it('an inventory in another Region than its source', () => {
    const pair = { ...PHOTOS, source: { bucket: 'photos', region: 'eu-west-1' } };
    expect(() => checkPair({ ...pair, inventory: { ...PHOTOS.inventory, region: 'us-east-1' } })).toThrow(
      'inventory.region: expected eu-west-1',
    );
  });

  it('no list at all', () => {
    expect(() => checkPairs(undefined)).toThrow(
      'The list of pairs under context "backfill" in cdk.json cannot be deployed',
    );
  });

  it('also where the construct is made by somebody else', () => {
    const stack = foreignStack();
    expect(() => new S3Backfill(stack, 'Backfill', { pair: { ...PHOTOS, name: '' } })).toThrow(
      'name: expected 1 to 31',
    );
  });
});

describe('A schedule that EventBridge would not take', () => {
  it.each([
    ['cron(0 6 * * * *)', 'expected ? for the day or for the weekday'],
    ['cron(0 6 ? * ? *)', 'expected ? for the day or for the weekday'],
    ['rate(0 days)', 'expected cron('],
    ['rate(999999 days)', 'expected cron('],
  ])('%s is told with its path', (expression, sentence) => {
    expect(() => checkPair({ ...PHOTOS, schedule: { expression } })).toThrow(`schedule.expression: ${sentence}`);
  });

  it('cron(0 25 * * ? *) is told when the stack is made', () => {
    expect(() => templateOf({ schedule: { expression: 'cron(0 25 * * ? *)' } })).toThrow(
      /schedule\.expression: cron\(0 25 \* \* \? \*\) cannot be read: .*25/,
    );
  });
});

describe('A bucket whose name only CloudFormation knows', () => {
  it('may be the source: where its inventory is read follows from it', () => {
    const stack = foreignStack();
    const source = new Bucket(stack, 'Source');
    new S3Backfill(stack, 'Backfill', { pair: { ...PHOTOS, source: { bucket: source.bucketName } } });
    const template = Template.fromStack(stack);
    const id = Object.keys(template.findResources('AWS::S3::Bucket')).find((each) => each.startsWith('Source'));
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).toContain(
      `":s3:::inventories/daily/",{"Ref":"${id}"},"/every-object/*"`,
    );
    expect(JSON.stringify(template.toJSON())).not.toContain('Token[');
  });

  it('is not the source and the destination at once', () => {
    const bucket = new Bucket(foreignStack(), 'Both').bucketName;
    expect(() => checkPair({ ...PHOTOS, source: { bucket }, destination: { bucket } })).toThrow(
      'apart from the source',
    );
  });

  it('cannot have a prefix that only CloudFormation knows', () => {
    const prefix = new Bucket(foreignStack(), 'Named').bucketName;
    expect(() => checkPair({ ...PHOTOS, source: { bucket: 'photos', prefix } })).toThrow(
      'source.prefix: expected text',
    );
  });

  it('may be one of a pair: its reference is in the policies and in the definition', () => {
    const stack = foreignStack();
    const replica = new Bucket(stack, 'Replica');
    new S3Backfill(stack, 'Backfill', { pair: { ...PHOTOS, destination: { bucket: replica.bucketName } } });
    const template = Template.fromStack(stack);
    const id = Object.keys(template.findResources('AWS::S3::Bucket')).find((each) => each.startsWith('Replica'));
    const text = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(text).toContain(`":s3:::",{"Ref":"${id}"},"/*"`);
    const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
    expect(JSON.stringify(machine)).toMatch(new RegExp(`destination\\W+bucket\\W+Ref\\W+${id}\\W`));
    expect(JSON.stringify(machine)).toContain(`{"Ref":"${id}"}`);
    expect(JSON.stringify(template.toJSON())).not.toContain('bucket-named-at-deployment');
  });
});
