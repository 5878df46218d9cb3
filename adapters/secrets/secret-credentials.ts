import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { StorageError } from '../../core/errors.js';
import { clientSettings, REQUEST_TIMEOUT, type Connection } from '../connection.js';
import { asStorageError } from '../s3/storage-error.js';
import { readAccessKey, type AccessKey } from './access-key.js';

/** Tries of the SDK for one call of Secrets Manager. */
const ATTEMPTS = 5;

/** The keys in a secret; the same object for the same secret, so that a worker reads each but once. */
export type Secrets = (secretArn: string) => SecretCredentials;

/**
 * Secrets of Secrets Manager, each asked for in its own Region.
 * @param connection how Secrets Manager is reached, and as whom
 */
export function secretsBy(connection: Connection): Secrets {
  const known = new Map<string, SecretCredentials>();
  return (secretArn) => {
    const credentials = known.get(secretArn) ?? new SecretCredentials(secretArn, connection);
    known.set(secretArn, credentials);
    return credentials;
  };
}

/** The access key in a secret: read when it is first asked for, kept, and read again when it is refused. */
export class SecretCredentials {
  #key: Promise<AccessKey> | undefined;
  #renewal: Promise<void> | undefined;
  #generation = 0;
  /** All that was ever read: an answer may be late, and speak of an earlier key. */
  readonly #secrets = new Set<string>();

  constructor(
    private readonly secretArn: string,
    private readonly connection: Connection,
  ) {}

  /** How often the secret was found to hold another key than before. */
  get generation(): number {
    return this.#generation;
  }

  /** For a client of the SDK, which would keep what it is given for good if it were not told that it is kept already. */
  readonly provide: (() => Promise<AccessKey>) & { memoized: true } = Object.assign(() => this.#current(), {
    memoized: true as const,
  });

  /** Reads the secret again; whoever asks meanwhile waits for the same answer. Throws StorageError. */
  renew(): Promise<void> {
    return (this.#renewal ??= this.#renew().finally(() => (this.#renewal = undefined)));
  }

  /** A text in which a server may have told us our own keys, without them. */
  withoutKeys(text: string): string {
    let told = text;
    for (const secret of this.#secrets) told = told.replaceAll(secret, '<of the secret>');
    return told;
  }

  #current(): Promise<AccessKey> {
    if (this.#key) return this.#key;
    const key = this.#read();
    this.#key = key;
    // What could not be read is asked for again by the next call.
    key.catch(() => (this.#key = this.#key === key ? undefined : this.#key));
    return key;
  }

  async #renew(): Promise<void> {
    const before = await this.#key?.catch(() => undefined);
    const key = await this.#read();
    this.#key = Promise.resolve(key);
    if (JSON.stringify(before) !== JSON.stringify(key)) this.#generation += 1;
  }

  async #read(): Promise<AccessKey> {
    const client = new SecretsManagerClient({
      ...clientSettings(this.connection),
      region: this.secretArn.split(':')[3] ?? '',
      maxAttempts: ATTEMPTS,
      requestHandler: REQUEST_TIMEOUT,
    });
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: this.secretArn }));
      const key = readAccessKey(SecretString);
      if (typeof key === 'string')
        throw new StorageError('SecretMalformed', `The secret ${this.secretArn} holds no access key: ${key}`, {
          kind: 'refused',
        });
      for (const secret of Object.values(key)) this.#secrets.add(secret);
      return key;
    } catch (error) {
      throw notRead(this.secretArn, error);
    } finally {
      client.destroy();
    }
  }
}

function notRead(secretArn: string, error: unknown): unknown {
  const known = asStorageError(error);
  if (!(known instanceof StorageError) || known.code === 'SecretMalformed') return known;
  const { code, kind, status, message } = known;
  return new StorageError(
    kind === 'refused' ? 'SecretNotRead' : code,
    `The secret ${secretArn} could not be read, Secrets Manager answered ${code}: ${message}`,
    { kind, status, cause: error },
  );
}
