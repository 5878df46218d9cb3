import { describe, expect, it } from '@jest/globals';
import { bucketFacts } from '../../adapters/s3/bucket-facts.js';
import { inventorySettings } from '../../adapters/s3/inventory-settings.js';
import { useAnswers } from './scripted-s3.js';

const scripted = useAnswers();
const OWNER = '111122223333';
const DEFAULTS: Record<string, [status: number, body: string]> = {
  versioning: [200, '<VersioningConfiguration/>'],
  encryption: [404, error('ServerSideEncryptionConfigurationNotFoundError')],
  policy: [404, error('NoSuchBucketPolicy')],
};

function error(code: string): string {
  return `<Error><Code>${code}</Code><Message>m</Message></Error>`;
}

/** A bucket that answers as S3 does where nothing is set, but for what is given by subresource. */
function bucketIs(
  answers: Record<string, [status: number, body: string]> = {},
  heads: (owner?: string) => number = () => 200,
): void {
  scripted().answer((response, { method, url = '', headers }) => {
    if (method === 'HEAD') {
      const status = heads(headers['x-amz-expected-bucket-owner'] as string | undefined);
      return void response.writeHead(status, { 'x-amz-bucket-region': 'eu-central-1' }).end();
    }
    const asked = Object.entries({ ...DEFAULTS, ...answers }).find(([name]) => new RegExp(`[?&]${name}\\b`).test(url));
    const [status, body] = asked?.[1] ?? [501, error('NotImplemented')];
    response.writeHead(status).end(body);
  });
}

const look = () => bucketFacts(scripted().client, 'photos', { owner: OWNER, isByKeys: false });

describe('A bucket that is looked at', () => {
  it('has nothing set', async () => {
    bucketIs();
    expect(await look()).toEqual({
      bucket: 'photos',
      region: { kind: 'seen', value: 'eu-central-1' },
      owner: 'asExpected',
      versioning: { kind: 'seen', value: 'Off' },
      encryption: { kind: 'seen', value: { algorithm: 'no default encryption', key: undefined } },
      policy: { kind: 'seen', value: undefined },
    });
  });

  it('has versioning, a key and a policy', async () => {
    bucketIs({
      versioning: [200, '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>'],
      encryption: [
        200,
        '<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>key-1</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>',
      ],
      policy: [200, '{"Statement": []}'],
    });
    expect(await look()).toMatchObject({
      versioning: { value: 'Suspended' },
      encryption: { value: { algorithm: 'aws:kms', key: 'key-1' } },
      policy: { value: '{"Statement": []}' },
    });
  });

  it('may be looked at in part', async () => {
    bucketIs({
      versioning: [501, error('NotImplemented')],
      encryption: [403, error('AccessDenied')],
      policy: [405, error('MethodNotAllowed')],
    });
    expect(await look()).toMatchObject({
      versioning: { kind: 'refused', code: 'NotImplemented' },
      encryption: { kind: 'refused', code: 'AccessDenied' },
      policy: { kind: 'refused', code: 'MethodNotAllowed' },
    });
  });

  it('is not there, or not for us', async () => {
    bucketIs({}, () => 404);
    expect(await look()).toMatchObject({ region: { kind: 'refused', code: 'NotFound' } });
    bucketIs({}, () => 403);
    expect(await look()).toMatchObject({ region: { kind: 'refused', code: 'AccessDenied' } });
  });

  it('is another account’s, where S3 refuses only the call that names the owner', async () => {
    bucketIs({}, (owner) => (owner === undefined ? 200 : 403));
    expect(await look()).toMatchObject({ region: { kind: 'seen' }, owner: 'another' });
    bucketIs({}, (owner) => (owner === undefined || owner === OWNER ? 200 : 403));
    expect(await look()).toMatchObject({ owner: 'asExpected' });
  });

  it('is no answer where S3 gives none', async () => {
    bucketIs({ versioning: [500, error('InternalError')] });
    await expect(look()).rejects.toMatchObject({ code: 'InternalError' });
  });
});

describe('An inventory configuration that is looked at', () => {
  const settings = () => inventorySettings(scripted().client, 'photos', 'all');

  it('says what a run depends on', async () => {
    bucketIs({
      inventory: [
        200,
        '<InventoryConfiguration><Id>all</Id><IsEnabled>true</IsEnabled><Filter><Prefix>2023/</Prefix></Filter><Destination><S3BucketDestination><AccountId>1</AccountId><Bucket>arn:aws:s3:::inventories</Bucket><Format>ORC</Format><Prefix>daily/</Prefix></S3BucketDestination></Destination><IncludedObjectVersions>All</IncludedObjectVersions><OptionalFields><Field>Size</Field><Field>ETag</Field></OptionalFields><Schedule><Frequency>Weekly</Frequency></Schedule></InventoryConfiguration>',
      ],
    });
    expect(await settings()).toEqual({
      kind: 'seen',
      value: {
        isEnabled: true,
        format: 'ORC',
        bucket: 'inventories',
        prefix: 'daily',
        fields: ['Size', 'ETag'],
        filter: '2023/',
        versions: 'All',
      },
    });
  });

  it('is not there', async () => {
    bucketIs({ inventory: [404, error('NoSuchConfiguration')] });
    expect(await settings()).toEqual({ kind: 'seen', value: undefined });
  });
});
