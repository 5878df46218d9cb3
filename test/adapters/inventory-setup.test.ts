import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { S3InventorySetup } from '../../adapters/s3/inventory-setup.js';
import type { ManagedInventory } from '../../contracts/managed-inventory.js';
import { manageInventory } from '../../core/deploy/manage-inventory.js';
import { inventoryOf } from '../core/deploy/managed-inventory.js';
import { useStorage } from '../core/support/storage.js';
import { useAnswers } from './scripted-s3.js';

const scripted = useAnswers();
const storage = useStorage();

describe('When a pair with manageInventory is deployed', () => {
  it('S3 is first allowed to deliver, then asked to: what others have in the policy stays', async () => {
    const { requests, policy } = bucketWithPolicy('{"Version":"2012-10-17","Statement":[{"Sid":"Theirs"}]}');
    const answer = await call('Create', inventoryOf({ sourcePrefix: 'in/', inventoryPrefix: 'daily' }));
    expect(answer).toEqual({ PhysicalResourceId: 'photos/every-object/inventories' });
    expect(requests.map(({ line }) => line)).toEqual([
      'GET /inventories?policy',
      'PUT /inventories?policy',
      'PUT /photos?id=every-object&inventory',
    ]);
    expect(sidsOf(policy())).toEqual(['Theirs', 'S3BackfillInventoryphotos']);
    for (const element of [
      '<Id>every-object</Id>',
      '<IsEnabled>true</IsEnabled>',
      '<Filter><Prefix>in/</Prefix></Filter>',
      '<Bucket>arn:aws:s3:::inventories</Bucket>',
      '<Prefix>daily</Prefix>',
      '<Format>CSV</Format>',
      '<IncludedObjectVersions>Current</IncludedObjectVersions>',
      '<Field>ETag</Field>',
      '<Frequency>Daily</Frequency>',
    ])
      expect(requests[2]?.body).toContain(element);
  });

  it('each call names the owner that the bucket must have', async () => {
    const { requests } = bucketWithPolicy(undefined);
    await call('Create', inventoryOf());
    await call('Delete', inventoryOf());
    expect(requests.length).toBeGreaterThan(4);
    for (const { owner } of requests) expect(owner).toBe('123456789012');
  });

  it('again, nothing is written to a policy that is right already', async () => {
    const { requests } = bucketWithPolicy(undefined);
    await call('Create', inventoryOf());
    await call('Update', inventoryOf());
    expect(requests.filter(({ line }) => line === 'PUT /inventories?policy')).toHaveLength(1);
  });

  it('the configuration is one that S3 takes, and an inventory is delivered where the pair looks for it', async () => {
    // The embedded S3 has inventory configurations; policies it has not.
    const { s3, client } = storage();
    s3.createBucket('source-of-inventory');
    await new S3InventorySetup(() => client).putConfiguration(
      inventoryOf({ sourceBucket: 'source-of-inventory', inventoryPrefix: 'daily' }),
    );
    const delivered = [...s3.listObjects('inventories', 'daily/source-of-inventory/every-object/')].map(
      ({ key }) => key,
    );
    expect(delivered).toContainEqual(expect.stringMatching(/manifest\.checksum$/));
  });
});

describe('When it is no longer wanted', () => {
  it('configuration and statement go, and what others have in the policy stays', async () => {
    const { requests, policy } = bucketWithPolicy(
      '{"Version":"2012-10-17","Statement":[{"Sid":"Theirs"},{"Sid":"S3BackfillInventoryphotos"}]}',
    );
    await call('Delete', inventoryOf());
    expect(requests.map(({ line }) => line)).toEqual([
      'DELETE /photos?id=every-object&inventory',
      'GET /inventories?policy',
      'PUT /inventories?policy',
    ]);
    expect(sidsOf(policy())).toEqual(['Theirs']);
  });

  it('a policy that was ours alone is deleted', async () => {
    const { requests, policy } = bucketWithPolicy('{"Statement":[{"Sid":"S3BackfillInventoryphotos"}]}');
    await call('Delete', inventoryOf());
    expect(requests.at(-1)?.line).toBe('DELETE /inventories?policy');
    expect(policy()).toBeUndefined();
  });

  it('buckets that are gone are no error: the stack can be deleted', async () => {
    scripted().answer((response) => error(response, 404, 'NoSuchBucket'));
    await expect(call('Delete', inventoryOf())).resolves.toMatchObject({ PhysicalResourceId: expect.any(String) });
  });
});

describe('What S3 refuses', () => {
  it('fails the deployment with its code, and the policy that cannot be read is left alone', async () => {
    scripted().answer((response) => error(response, 403, 'AccessDenied'));
    await expect(call('Create', inventoryOf())).rejects.toMatchObject({ name: 'AccessDenied' });
    const { requests } = bucketWithPolicy('not a policy');
    await expect(call('Create', inventoryOf())).rejects.toMatchObject({ name: 'BucketPolicyUnreadable' });
    expect(requests.map(({ line }) => line)).toEqual(['GET /inventories?policy']);
  });
});

function call(RequestType: 'Create' | 'Update' | 'Delete', ResourceProperties: ManagedInventory) {
  return manageInventory(new S3InventorySetup(() => scripted().client), { RequestType, ResourceProperties });
}

interface Heard {
  line: string;
  body: string;
  owner: string | undefined;
}

/** Answers as S3 does for an inventory bucket with this policy; says what was asked, and the policy as it is. */
function bucketWithPolicy(initial: string | undefined): { requests: Heard[]; policy: () => string | undefined } {
  const requests: Heard[] = [];
  let policy = initial;
  scripted().answer((response, request) => {
    void hear(request).then((heard) => {
      requests.push(heard);
      if (heard.line === 'GET /inventories?policy')
        return policy === undefined ? error(response, 404, 'NoSuchBucketPolicy') : response.writeHead(200).end(policy);
      if (heard.line === 'PUT /inventories?policy') policy = heard.body;
      if (heard.line === 'DELETE /inventories?policy') policy = undefined;
      return response.writeHead(204).end();
    });
  });
  return { requests, policy: () => policy };
}

async function hear(request: IncomingMessage): Promise<Heard> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://s3');
  searchParams.delete('x-id');
  searchParams.sort();
  const query = [...searchParams].map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&');
  return {
    line: `${request.method} ${pathname.replace(/\/$/, '')}?${query}`,
    body: await text(request),
    owner: request.headers['x-amz-expected-bucket-owner'] as string | undefined,
  };
}

function error(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function sidsOf(policy: string | undefined): (string | undefined)[] {
  return (JSON.parse(policy ?? '{"Statement":[]}') as { Statement: { Sid?: string }[] }).Statement.map(
    ({ Sid }) => Sid,
  );
}
