import { partitionOf } from '../../../contracts/partition.js';
import { randomUUID } from 'node:crypto';
import { S3Error } from '../s3-error.js';

/** A key to add: by its ARN, or by what the ARN is made of. */
export interface NewKmsKey {
  arn?: string;
  /** A UUID; a new one unless given. */
  id?: string;
  /** The engine's own unless given; a key of another Region is never found by S3. */
  region?: string;
  /** Twelve digits; the engine's own unless given. */
  account?: string;
  /** `alias/name`, in the key's account. */
  alias?: string;
  enabled?: boolean;
}

type KeyState = 'enabled' | 'disabled' | 'pendingDeletion';

/**
 * The keys of KMS that S3 finds: those that were added, in process, and of each account the managed key `alias/aws/s3`.
 * Keys are named by their ARN, their id or their alias.
 */
export class KmsKeys {
  readonly #region: string;
  readonly #accountId: string;
  readonly #states = new Map<string, KeyState>();
  /** ARN of an alias to ARN of its key. */
  readonly #aliases = new Map<string, string>();

  constructor(region: string, accountId: string) {
    this.#region = region;
    this.#accountId = accountId;
  }

  /** Adds a key, or adds an alias to one that is there. @returns its ARN */
  add(key: NewKmsKey = {}): string {
    const { id = randomUUID(), region = this.#region, account = this.#accountId, alias, enabled = true } = key;
    const arn = key.arn ?? keyArn(region, account, id);
    if (!KEY_ARN.test(arn)) throw new Error(`Expected the ARN of a KMS key; got ${arn}.`);
    if (alias !== undefined && !alias.startsWith('alias/'))
      throw new Error(`Expected an alias that begins with alias/; got ${alias}.`);
    this.#states.set(arn, enabled ? 'enabled' : 'disabled');
    if (alias !== undefined) this.#aliases.set(arn.replace(/key\/[^/]+$/, alias), arn);
    return arn;
  }

  enable(key: string): void {
    this.#set(key, 'enabled');
  }

  disable(key: string): void {
    this.#set(key, 'disabled');
  }

  /** On KMS a key waits 7 to 30 days for its deletion, and cannot be used meanwhile; `enable` takes it back. */
  scheduleDeletion(key: string): void {
    this.#set(key, 'pendingDeletion');
  }

  /** The key is gone, and so are its aliases. */
  delete(key: string): void {
    const arn = this.#known(key);
    this.#states.delete(arn);
    for (const [alias, of] of this.#aliases) if (of === arn) this.#aliases.delete(alias);
  }

  /** The ARN of a key as a request or a bucket's default names it. @param account whose ids and aliases are meant @throws S3Error `KMS.NotFoundException` */
  find(name: string, account: string): string {
    const arn = this.resolve(name, account);
    const [, , service, region = ''] = arn.split(':');
    if (service !== 'kms') throw new S3Error('KMS.NotFoundException', {}, `Invalid keyId '${name}'`);
    if (region !== this.#region) throw new S3Error('KMS.NotFoundException', {}, `Invalid arn ${region}`);
    if (arn.includes(':alias/')) throw new S3Error('KMS.NotFoundException', {}, `Alias ${arn} is not found.`);
    if (this.#stateOf(arn) === undefined) throw new S3Error('KMS.NotFoundException', {}, `Key '${arn}' does not exist`);
    return arn;
  }

  /** @throws S3Error `KMS.DisabledException`, `KMS.KMSInvalidStateException` */
  checkUsable(arn: string): void {
    const state = this.#stateOf(arn);
    if (state === 'disabled') throw new S3Error('KMS.DisabledException', {}, `${arn} is disabled.`);
    if (state === 'pendingDeletion')
      throw new S3Error('KMS.KMSInvalidStateException', {}, `${arn} is pending deletion.`);
  }

  /** The ARN that a name stands for, whether or not there is such a key; an id that can be none stays as it is. */
  resolve(name: string, account: string): string {
    const arn = name.startsWith('alias/')
      ? `arn:${partitionOf(this.#region)}:kms:${this.#region}:${account}:${name}`
      : KEY_ID.test(name)
        ? keyArn(this.#region, account, name)
        : name;
    if (arn.startsWith(`arn:${partitionOf(this.#region)}:kms:${this.#region}:`) && arn.endsWith(':alias/aws/s3'))
      return this.managed(arn.split(':')[4]);
    return this.#aliases.get(arn) ?? arn;
  }

  /** The key that S3 has in an account for those who name none. */
  managed(account = this.#accountId): string {
    return keyArn(this.#region, account, MANAGED_KEY);
  }

  /** Whether it is the managed key of another account, which nobody else can use. */
  isForeignManaged(arn: string, account: string): boolean {
    return arn.endsWith(`:key/${MANAGED_KEY}`) && arn.split(':')[4] !== account;
  }

  #stateOf(arn: string): KeyState | undefined {
    return this.#states.get(arn) ?? (arn.endsWith(`:key/${MANAGED_KEY}`) ? 'enabled' : undefined);
  }

  #set(key: string, state: KeyState): void {
    this.#states.set(this.#known(key), state);
  }

  #known(key: string): string {
    const arn = this.resolve(key, this.#accountId);
    if (!this.#states.has(arn)) throw new Error(`Expected a key that was added; there is no ${key}.`);
    return arn;
  }
}

/** On AWS each account has another one. */
const MANAGED_KEY = '5ba7c0de-53a5-4b1e-9c0d-aa5aa5aa5aa5';
const KEY_ID = /^(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const KEY_ARN = /^arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/;

const keyArn = (region: string, account: string, id: string) =>
  `arn:${partitionOf(region)}:kms:${region}:${account}:key/${id}`;
