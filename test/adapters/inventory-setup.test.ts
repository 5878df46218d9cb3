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
    expect(answer).toEqual({ PhysicalResourceId: 'photos/photos/every-object/inventories/daily' });
    expect(requests.map(({ line }) => line)).toEqual([
      'GET /photos?id=every-object&inventory',
      'GET /inventories?policy',
      'PUT /inventories?policy',
      // Looked at once more: others may have written it meanwhile.
      'GET /inventories?policy',
      'PUT /photos?id=every-object&inventory',
    ]);
    expect(sidsOf(policy())).toEqual(['Theirs', expect.stringMatching(/^S3Backfill[0-9a-f]{16}$/)]);
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
      expect(requests.at(-1)?.body).toContain(element);
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
    await update(inventoryOf(), inventoryOf());
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

describe('What is there already', () => {
  it('is refused where it is not as we would make it: nothing is changed', async () => {
    const theirs = '<InventoryConfiguration><Id>every-object</Id><IsEnabled>true</IsEnabled></InventoryConfiguration>';
    const { requests, configuration } = bucketWithPolicy(undefined, theirs);
    await expect(call('Create', inventoryOf())).rejects.toMatchObject({ name: 'InventoryExists' });
    expect(requests.map(({ line }) => line)).toEqual(['GET /photos?id=every-object&inventory']);
    await call('Delete', inventoryOf());
    expect(configuration()).toBe(theirs);
  });

  it.each([
    { asked: 'another id', before: { configId: 'before' } },
    { asked: 'one of another bucket', before: { sourceBucket: 'before' } },
  ])('is refused too where a pair that has one asks for $asked', async ({ before }) => {
    const theirs = '<InventoryConfiguration><Id>every-object</Id><IsEnabled>true</IsEnabled></InventoryConfiguration>';
    const { requests, configuration } = bucketWithPolicy(undefined, theirs);
    const updating = update(inventoryOf(before), inventoryOf());
    await expect(updating).rejects.toMatchObject({ name: 'InventoryExists' });
    expect(requests.map(({ line }) => line)).toEqual(['GET /photos?id=every-object&inventory']);
    expect(configuration()).toBe(theirs);
  });

  it('is made ours again where somebody changed the one that we made', async () => {
    const changed =
      '<InventoryConfiguration><Id>every-object</Id><IsEnabled>false</IsEnabled></InventoryConfiguration>';
    const { configuration } = bucketWithPolicy(undefined, changed);
    await update(inventoryOf(), inventoryOf());
    expect(configuration()).toContain('<IsEnabled>true</IsEnabled>');
  });

  it('is taken where it is just as we would make it', async () => {
    const { requests } = bucketWithPolicy(undefined);
    await call('Create', inventoryOf());
    await call('Create', inventoryOf());
    expect(requests.filter(({ line }) => line.startsWith('PUT /photos'))).toHaveLength(1);
  });
});

describe('Another configuration in the place of one', () => {
  it('is made before the old one is deleted, and keeps the permission to be delivered', async () => {
    const { policy } = bucketWithPolicy(undefined);
    await call('Create', inventoryOf({ inventoryPrefix: 'old' }));
    const { PhysicalResourceId } = await update(
      inventoryOf({ inventoryPrefix: 'old' }),
      inventoryOf({ inventoryPrefix: 'new' }),
    );
    expect(PhysicalResourceId).toContain('/new');
    await call('Delete', inventoryOf({ inventoryPrefix: 'old' }));
    expect(JSON.parse(policy() ?? '{}')).toMatchObject({
      Statement: [{ Resource: 'arn:aws:s3:::inventories/new/photos/*' }],
    });
  });
});

describe('A policy that others write at the same time', () => {
  it('is looked at again, until our statement is in it', async () => {
    const { policy, lose } = bucketWithPolicy('{"Version":"2012-10-17","Statement":[{"Sid":"Theirs"}]}');
    lose(1);
    await call('Create', inventoryOf());
    expect(sidsOf(policy())).toEqual(['Theirs', expect.stringMatching(/^S3Backfill/)]);
  });
});

describe('When it is no longer wanted', () => {
  it('configuration and statement go, and what others have in the policy stays', async () => {
    const { policy, configuration } = bucketWithPolicy('{"Version":"2012-10-17","Statement":[{"Sid":"Theirs"}]}');
    await call('Create', inventoryOf());
    expect([sidsOf(policy()).length, configuration()]).toEqual([2, expect.any(String)]);
    await call('Delete', inventoryOf());
    expect([sidsOf(policy()), configuration()]).toEqual([['Theirs'], undefined]);
  });

  it('a policy that was ours alone is deleted', async () => {
    const { policy } = bucketWithPolicy(undefined);
    await call('Create', inventoryOf());
    await call('Delete', inventoryOf());
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
    expect(requests.map(({ line }) => line)).toEqual([
      'GET /photos?id=every-object&inventory',
      'GET /inventories?policy',
    ]);
  });
});

function call(RequestType: 'Create' | 'Delete', ResourceProperties: ManagedInventory) {
  return manageInventory(setup(), { RequestType, ResourceProperties });
}

function update(OldResourceProperties: ManagedInventory, ResourceProperties: ManagedInventory) {
  return manageInventory(setup(), { RequestType: 'Update', ResourceProperties, OldResourceProperties });
}

function setup(): S3InventorySetup {
  return new S3InventorySetup(() => scripted().client);
}

interface Heard {
  line: string;
  body: string;
  owner: string | undefined;
}

/**
 * Answers as S3 does for a source with this configuration and an inventory bucket with this policy; says what was asked, and
 * both as they are. `lose`: so many writes of the policy are overwritten by others at once.
 */
function bucketWithPolicy(initial: string | undefined, initialConfiguration?: string) {
  const requests: Heard[] = [];
  let policy = initial;
  let configuration = initialConfiguration;
  let lost = 0;
  const answer = (response: ServerResponse, { line, body }: Heard) => {
    switch (line) {
      case 'GET /inventories?policy':
        return policy === undefined ? error(response, 404, 'NoSuchBucketPolicy') : response.writeHead(200).end(policy);
      case 'PUT /inventories?policy':
        if (lost > 0) lost -= 1;
        else policy = body;
        break;
      case 'DELETE /inventories?policy':
        policy = undefined;
        break;
      case 'GET /photos?id=every-object&inventory':
        return configuration === undefined
          ? error(response, 404, 'NoSuchConfiguration')
          : response.writeHead(200, { 'content-type': 'application/xml' }).end(configuration);
      case 'PUT /photos?id=every-object&inventory':
        configuration = body;
        break;
      case 'DELETE /photos?id=every-object&inventory':
        configuration = undefined;
        break;
    }
    return response.writeHead(204).end();
  };
  scripted().answer((response, request) => {
    void hear(request).then((heard) => {
      requests.push(heard);
      answer(response, heard);
    });
  });
  return {
    requests,
    policy: () => policy,
    configuration: () => configuration,
    lose: (writes: number) => void (lost = writes),
  };
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
