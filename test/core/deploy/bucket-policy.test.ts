import { describe, expect, it } from '@jest/globals';
import { deliveryStatement, statementId, withStatement } from '../../../core/deploy/bucket-policy.js';
import { inventoryOf } from './managed-inventory.js';

const OURS = { Effect: 'Allow', Action: 's3:PutObject' };
const THEIRS = { Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*', NotKnownToUs: [1] };

describe('The policy of an inventory bucket', () => {
  it.each<[string, object | undefined, object | undefined, object[] | undefined]>([
    ['gets our statement where there is none', undefined, OURS, [{ Sid: 'Ours', ...OURS }]],
    [
      'keeps every other statement, with what we know nothing of',
      { Version: '2008-10-17', Statement: [THEIRS] },
      OURS,
      [THEIRS, { Sid: 'Ours', ...OURS }],
    ],
    ['may be a single statement', { Statement: THEIRS }, OURS, [THEIRS, { Sid: 'Ours', ...OURS }]],
    [
      'has our statement once, as it is wanted now',
      { Statement: [{ Sid: 'Ours', Effect: 'Deny' }, THEIRS] },
      OURS,
      [THEIRS, { Sid: 'Ours', ...OURS }],
    ],
    ['loses our statement and nothing else', { Statement: [{ Sid: 'Ours' }, THEIRS] }, undefined, [THEIRS]],
    ['goes where only our statement was in it', { Statement: [{ Sid: 'Ours' }] }, undefined, undefined],
    [
      'keeps the statement of another pair',
      { Statement: [{ Sid: 'OfAnotherPair' }] },
      undefined,
      [{ Sid: 'OfAnotherPair' }],
    ],
  ])('%s', (_, current, wanted, statements) => {
    const text = withStatement(current && JSON.stringify(current), 'Ours', wanted);
    expect(text === undefined ? undefined : (JSON.parse(text) as { Statement: object[] }).Statement).toEqual(
      statements,
    );
  });

  it('keeps its version and its id', () => {
    const text = withStatement('{"Version":"2008-10-17","Id":"theirs","Statement":[]}', 'Sid', OURS);
    expect(JSON.parse(text ?? '')).toMatchObject({ Version: '2008-10-17', Id: 'theirs' });
  });

  it.each(['no JSON', '[]', '{"Version":"2012-10-17"}', '{"Statement":"all"}'])('that is %s is left alone', (text) => {
    expect(() => withStatement(text, 'Sid', OURS)).toThrow(expect.objectContaining({ name: 'BucketPolicyUnreadable' }));
  });
});

describe('The id of our statement', () => {
  it('tells pairs apart whose names differ in a hyphen, and is what IAM takes', () => {
    const ids = ['a-b/photos', 'ab/photos', 'ab/photos/2'].map(statementId);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9]+$/);
  });
});

describe('S3 may deliver', () => {
  it('the inventory of this source, to its folder, as the owner of that source', () => {
    expect(deliveryStatement(inventoryOf({ inventoryPrefix: 'daily' }))).toEqual({
      Effect: 'Allow',
      Principal: { Service: 's3.amazonaws.com' },
      Action: 's3:PutObject',
      Resource: 'arn:aws:s3:::inventories/daily/photos/*',
      Condition: {
        ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::photos' },
        StringEquals: { 'aws:SourceAccount': '123456789012', 's3:x-amz-acl': 'bucket-owner-full-control' },
      },
    });
  });

  it('in the partition of the stack', () => {
    expect(deliveryStatement(inventoryOf({ partition: 'aws-cn' }))).toMatchObject({
      Resource: 'arn:aws-cn:s3:::inventories/photos/*',
    });
  });
});
