import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from '@jest/globals';
import type { PairInput } from '../../contracts/pair.js';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import { boundsOf, regionOf } from '../../infra/pair-place.js';
import { PHOTOS, templateOf, testApp, written } from './synthesize.js';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:s3/china-a1B2c3';
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234';
const US = { account: '123456789012', region: 'eu-west-1' };
const CHINA = { bucket: 'photos-cn', prefix: 'out/', region: 'cn-north-1', credentialsSecretArn: SECRET };

describe('A side that is reached by the keys of a secret', () => {
  it('is reached by nothing else: functions that work there read the secret, and have no permission there of their own', () => {
    const { own } = deployed({ destination: { ...CHINA, kmsKeyArn: 'arn:aws-cn:kms:cn-north-1:444455556666:key/1' } });
    expect(readersOf(own)).toEqual(['CopyChunk', 'PrepareRun', 'ReportRun', 'VerifyChunk']);
    const all = Object.values(own).flat();
    expect(all.filter((each) => /photos-cn|:kms:|aws-cn/.test(each))).toEqual([]);
    expect(own['CopyChunk']).toContain('s3:GetObject arn:aws:s3:::photos/*');
  });

  it('has its inventory beside it, read by the same keys, and none for Athena', () => {
    const { own, template } = deployed({ source: { ...CHINA, prefix: 'in/' } });
    expect(readersOf(own)).toEqual([
      'CopyChunk',
      'FindInventories',
      'IndexFile',
      'ListRange',
      'PrepareRun',
      'VerifyChunk',
    ]);
    expect(
      Object.values(own)
        .flat()
        .filter((each) => /:::(?:photos-cn|inventories)/.test(each)),
    ).toEqual([]);
    const tables = Object.values(template.findResources('AWS::Glue::Table')).map(
      ({ Properties }) => (Properties as { TableInput: { Name: string } }).TableInput.Name,
    );
    expect(tables).toEqual(['outcomes']);
    const queries = JSON.stringify(template.findResources('AWS::Athena::NamedQuery'));
    expect(queries).toContain('outcomes');
    expect(queries).not.toMatch(/source_objects|inventory_source/);
  });

  it('has a secret whose own key is used through Secrets Manager only', () => {
    const { statements } = deployed({ destination: { ...CHINA, credentialsSecretKmsKeyArn: KEY } });
    expect(statements.filter(({ Sid }) => Sid === 'UseSecretKeys')).toHaveLength(4);
    expect(statements.find(({ Sid }) => Sid === 'UseSecretKeys')).toEqual({
      Sid: 'UseSecretKeys',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: KEY,
      Condition: { StringLike: { 'kms:ViaService': 'secretsmanager.*' } },
    });
  });

  it('has what its owner must allow printed in the words of its own partition, and no policies of buckets', () => {
    const { outputs } = deployed({ destination: { ...CHINA, account: '444455556666' } });
    expect(Object.keys(outputs).filter((name) => name.endsWith('Policy'))).toEqual(['BackfillDestinationKeysPolicy']);
    const statements = outputs['BackfillDestinationKeysPolicy'] as { Action: string[]; Resource: string[] }[];
    expect(new Set(statements.flatMap(({ Resource }) => Resource))).toEqual(
      new Set(['arn:aws-cn:s3:::photos-cn/out/*', 'arn:aws-cn:s3:::photos-cn']),
    );
    expect(statements.flatMap(({ Action }) => Action)).toEqual(
      expect.arrayContaining([
        's3:PutObject',
        's3:ListBucket',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
      ]),
    );
  });

  it('is of no account but the one that is named', () => {
    const stack = new Stack(testApp(), 'Ours', { env: US });
    const bounds = (pair: Partial<PairInput>) => boundsOf(stack, checkPair({ ...PHOTOS, ...pair }));
    expect(bounds({ destination: CHINA }).destination).not.toHaveProperty('account');
    expect(bounds({ destination: { ...CHINA, account: '444455556666' } }).destination).toMatchObject({
      account: '444455556666',
    });
    expect(bounds({ source: CHINA, destination: { bucket: 'here' } })).toMatchObject({
      inventory: { bucket: 'inventories', region: 'cn-north-1', credentialsSecretArn: SECRET },
      destination: { account: '123456789012' },
    });
    expect(bounds({ source: CHINA }).inventory).not.toHaveProperty('account');
  });

  it.each([
    ['the destination’s Region', { destination: { bucket: 'there', region: 'eu-north-1' } }, 'eu-north-1'],
    [
      'the source’s, where the destination is elsewhere',
      { source: { bucket: 'photos', region: 'eu-north-1' }, destination: CHINA },
      'eu-north-1',
    ],
    [
      'the destination’s, where the source is elsewhere',
      { source: CHINA, destination: { bucket: 'there', region: 'eu-north-1' } },
      'eu-north-1',
    ],
    [
      'that of the environment, where both are',
      { source: CHINA, destination: { ...CHINA, prefix: 'other/' } },
      'eu-west-1',
    ],
  ] as [string, Partial<PairInput>, string][])('leaves the stack in %s', (_, pair, region) => {
    expect(regionOf(checkPair({ ...PHOTOS, ...pair })) ?? US.region).toBe(region);
  });

  it('has its secret in the partition of the stack, or is refused', () => {
    const destination = { ...CHINA, credentialsSecretArn: SECRET.replace('arn:aws:', 'arn:aws-cn:') };
    expect(() => new BackfillStack(testApp(), checkPair({ ...PHOTOS, destination }), US)).toThrow(
      /stack in eu-west-1, and destination\.credentialsSecretArn is of the partition aws-cn: expected a secret of aws/,
    );
  });
});

interface Statement {
  Sid: string;
  Action: string | string[];
  Resource: unknown;
}

/** What each function may do, and the outputs. */
function deployed(pair: Partial<PairInput>) {
  const template = templateOf(pair, US);
  const own: Record<string, string[]> = {};
  const statements: Statement[] = [];
  for (const { Properties } of Object.values(template.findResources('AWS::IAM::Policy'))) {
    const { PolicyDocument, Roles } = Properties as {
      PolicyDocument: { Statement: Statement[] };
      Roles: { Ref: string }[];
    };
    const name = /^Backfill(\w+)Role[0-9A-F]{8}$/.exec(Roles[0]?.Ref ?? '')?.[1];
    if (name === undefined) continue;
    statements.push(...PolicyDocument.Statement);
    for (const { Action, Resource } of PolicyDocument.Statement)
      for (const action of [Action].flat())
        for (const resource of [Resource].flat()) (own[name] ??= []).push(`${action} ${written(resource)}`);
  }
  const outputs = Object.fromEntries(
    Object.entries(template.toJSON()['Outputs'] as Record<string, { Value: unknown }>).map(([id, { Value }]) => {
      const text = written(Value);
      return [
        id.replace(/[0-9A-F]{8}$/, ''),
        text.startsWith('{') ? (JSON.parse(text) as { Statement: object[] }).Statement : text,
      ];
    }),
  );
  return { template, own, statements, outputs };
}

function readersOf(own: Record<string, string[]>): string[] {
  return Object.keys(own)
    .filter((name) => own[name]?.includes(`secretsmanager:GetSecretValue ${SECRET}`))
    .toSorted();
}
