import { CreateSecretCommand, DeleteSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEngine, type Engine } from '../../local/engine.js';
import { deployPipeline } from '../../local/pipeline.js';
import { openEngineWith, type EngineUnderTest } from '../support/engine.js';
import { environmentOf, type } from './support/command-line.js';

const KEY = { accessKeyId: 'AKIACARRIEROFTHEKEYS', secretAccessKey: 'secret+of/the+carrier' };
/** The machine may be busy; nothing here waits for a clock. */
const PATIENCE_MS = 600_000;
let test: EngineUnderTest;
let other: Engine;
let secrets: SecretsManagerClient;
let secretArn = '';

beforeAll(async () => {
  other = await startEngine({ region: 'cn-north-1', accountId: '444455556666' });
  other.identities.add({ ...KEY, principalArn: 'arn:aws-cn:iam::444455556666:user/carrier' });
  other.s3.createBucket('keys-destination');
  test = await openEngineWith(async (engine) => {
    const { endpoint, region, credentials, accountId: account } = engine;
    secrets = new SecretsManagerClient({ endpoint, region, credentials });
    const { ARN = '' } = await secrets.send(
      new CreateSecretCommand({ Name: 'carrier', SecretString: JSON.stringify(KEY) }),
    );
    secretArn = ARN;
    for (const bucket of ['keys-source', 'keys-inventory']) engine.s3.createBucket(bucket);
    engine.s3.putObject('keys-source', 'a', Buffer.from('a'));
    engine.s3.deliverInventory({ bucket: 'keys-source', destinationBucket: 'keys-inventory', configId: 'all' });
    return deployPipeline(engine, {
      pair: 'keys',
      bounds: {
        source: { bucket: 'keys-source', account },
        destination: {
          bucket: 'keys-destination',
          region: 'cn-north-1',
          endpoint: other.endpoint,
          credentialsSecretArn: ARN,
        },
        inventory: { bucket: 'keys-inventory', prefix: '', configId: 'all', account },
        maxConcurrency: 4,
      },
    });
  });
}, PATIENCE_MS);
afterAll(async () => {
  await test.close();
  await other.close();
});

const ask = (words: string) =>
  type(`${words} --pair keys --endpoint-url ${test.engine.endpoint}`, { env: environmentOf(test.engine) });

describe('Of a pair whose destination is reached by the keys of a secret,', () => {
  it(
    'doctor looks there by them, says so, and a run shows that the functions can',
    async () => {
      const { stdout, code } = await ask('doctor');
      expect({ stdout, code }).toMatchObject({ code: 0 });
      expect(stdout).toMatch(
        /destination keys\s+runs reach the destination by the keys in arn:\S+, and so did this look/,
      );
      expect(stdout).toMatch(
        /destination bucket\s+s3:\/\/keys-destination in cn-north-1, of account that the pair does not name/,
      );
      expect(stdout).toContain('Nothing found that stops a run.');
      expect(stdout).not.toContain(KEY.secretAccessKey);
    },
    PATIENCE_MS,
  );

  it(
    'selftest writes here, reads there, and leaves nothing',
    async () => {
      const { stdout, code } = await ask('selftest');
      expect({ stdout, code }).toMatchObject({ code: 0 });
      expect(stdout).toContain('Pair keys works.');
      expect([...other.s3.listObjects('keys-destination')]).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'doctor says that the key is not taken any more, and what to do',
    async () => {
      other.identities.remove(KEY.accessKeyId);
      const { stdout, code } = await ask('doctor --no-run');
      other.identities.add({ ...KEY, principalArn: 'arn:aws-cn:iam::444455556666:user/carrier' });
      expect({ stdout, code }).toMatchObject({ code: 1 });
      expect(stdout).toMatch(/destination keys[^]+InvalidAccessKeyId[^]+put one into it that is active there/);
      expect(stdout).not.toContain(KEY.accessKeyId);
    },
    PATIENCE_MS,
  );

  it(
    'doctor says what it cannot look at where the secret is not for it, and selftest why it does not work',
    async () => {
      await secrets.send(new DeleteSecretCommand({ SecretId: secretArn }));
      const { stdout, code } = await ask('doctor --no-run');
      expect({ stdout, code }).toMatchObject({ code: 0 });
      expect(stdout).toMatch(/destination keys[^]+Allow secretsmanager:GetSecretValue on the secret to yourself/);
      expect(stdout).not.toMatch(/destination bucket/);
      const tested = await ask('selftest');
      expect(tested.code).toBe(1);
      expect(tested.stdout).toMatch(/SecretNotRead: The secret arn:\S+ could not be read|DestinationUnwritable/);
    },
    PATIENCE_MS,
  );
});
