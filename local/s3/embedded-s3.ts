import { partitionOf } from '../../contracts/partition.js';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessOptions } from '../access/aws-call.js';
import { type Authorize, authorizer } from '../access/authorize.js';
import { Identities, keysOf } from '../access/identities.js';
import { type Clock, realClock } from '../clock.js';
import type { Credentials } from '../http/signature-v4.js';
import { type AccessControlList, aclOf } from './acl.js';
import { type ArchiveState, archiveState } from './archive.js';
import { Body, type Zeros } from './body.js';
import { type Bucket, type ObjectOwnership, newBucket } from './bucket.js';
import { type ChecksumAlgorithm, DEFAULT_ALGORITHM, checksumOf } from './checksums.js';
import { Content } from './content.js';
import { encryptedAs, encryptionOf, type Encryption, etagUnder } from './encryption/encryption.js';
import { KmsKeys } from './encryption/kms-keys.js';
import {
  type DefaultEncryption,
  type EncryptionSummary,
  type PutEncryption,
  defaultEncryption,
  encryptionSummary,
  putEncryption,
} from './encryption/put-encryption.js';
import { FaultPlan } from './faults.js';
import { type HeldOptions, heldByOptions } from './held-options.js';
import { withHeld } from './held.js';
import { INVENTORY_FIELDS, type InventoryRow } from './inventory-columns.js';
import {
  type InventoryDelivery,
  type InventoryFiles,
  type InventoryOptions,
  inventoryFiles,
  parquetInventoryFiles,
} from './inventory-files.js';
import { USUAL_FIELDS, inventoryRows, listsVersions } from './inventory-rows.js';
import { description } from './object-description.js';
import type { ObjectLock } from './object-lock.js';
import { type Cause, type S3Event, notifyCreated, notifyDeleted } from './notifications.js';
import type { ReplicationState } from './replication/replication-state.js';
import { Replicator } from './replication/replicator.js';
import { RequestLog } from './request-log.js';
import { type S3Service, accountOf } from './s3-call.js';
import { S3Error } from './s3-error.js';
import { type S3Server, nextIds, serveRequest } from './serve-request.js';
import { DEFAULT_CONTENT_TYPE, type StorageClass, parseStorageClass, wholeSeconds } from './stored-object.js';
import { type VersionSummary, versionSummaries } from './version-summaries.js';
import { isDeleteMarker } from './versioned-objects.js';

export interface EmbeddedS3Options {
  /** The engine's time: objects and uploads get theirs from it. */
  clock: Clock;
  region: string;
  /** Whoever may sign. */
  credentials: readonly Credentials[] | Identities;
  /** Of all buckets. */
  accountId?: string;
  /** The time of those who sign: skew and expiry are judged by it, and answers tell it. The machine's own unless given. */
  clientClock?: Clock;
  /** Who may do what, and who is told of it; without it, whoever has a key may do everything. */
  access?: AccessOptions;
  /** Told of the events of buckets that have EventBridge told. */
  notify?: (event: S3Event) => void;
}

export interface BucketOptions {
  versioning?: 'Enabled';
  /** Whose it is, if not the engine's: twelve digits. */
  account?: string;
  /** Made with Object Lock, without a default retention; and so with versioning. */
  objectLock?: boolean;
  /** `BucketOwnerEnforced` (ACLs are off) unless given. */
  ownership?: ObjectOwnership;
  /** `false`: public ACLs may be set. */
  blockPublicAccess?: boolean;
}

export interface PutOptions extends HeldOptions {
  contentType?: string;
  /** User metadata, names without `x-amz-meta-`. */
  metadata?: Readonly<Record<string, string>>;
  tags?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  lastModified?: number;
  storageClass?: StorageClass;
  /** Uploaded in so many parts, with the ETag that belongs to them. */
  multipartParts?: number;
  /** `none`: as objects that are older than S3's default checksums. */
  checksumAlgorithm?: ChecksumAlgorithm | 'none';
  /** The bucket's default unless given. */
  encryption?: PutEncryption;
}

/** An object as the engine sees it. The ETag is without quotes, the time in milliseconds since the epoch. */
export interface ObjectSummary {
  key: string;
  size: number;
  etag: string;
  lastModified: number;
  storageClass: StorageClass;
}

/** S3 in memory: its REST protocol, path style, for whoever holds one of its keys, and a few doors for the engine itself. */
export class EmbeddedS3 {
  readonly faults = new FaultPlan();
  readonly requests = new RequestLog();
  /** The keys of KMS that objects may be encrypted under. */
  readonly kms: KmsKeys;
  /** Replication: for whoever waits for it, holds it back, or is a job that replicates what is there. */
  readonly replication: Replicator;
  readonly #service: S3Service;
  readonly #credentials: ReadonlyMap<string, Credentials>;
  readonly #clientClock: Clock;
  readonly #authorize: Authorize | undefined;

  constructor({
    clock,
    region,
    credentials,
    accountId = '123456789012',
    clientClock = realClock,
    access = {},
    notify = () => {},
  }: EmbeddedS3Options) {
    this.kms = new KmsKeys(region, accountId);
    const shared = {
      buckets: new Map<string, Bucket>(),
      clock,
      region,
      accountId,
      ownerId: createHash('sha256').update(accountId).digest('hex'),
      kms: this.kms,
    };
    this.#authorize = authorizer(access, accountId);
    this.replication = new Replicator({
      service: shared,
      identities: credentials instanceof Identities ? credentials : undefined,
      authorize: this.#authorize,
    });
    this.#service = {
      ...shared,
      replicator: this.replication,
      notify,
      deliverInventory: async (options, format) => {
        if (format === 'Parquet') await this.deliverParquetInventory(options);
        else this.deliverInventory(options);
      },
    };
    this.#credentials = keysOf(credentials);
    this.#clientClock = clientClock;
  }

  /** Serves one S3 request: signature checked, answered as S3 answers. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const server: S3Server = {
      service: this.#service,
      credentials: this.#credentials,
      clientClock: this.#clientClock,
      faults: this.faults,
      requests: this.requests,
      authorize: this.#authorize,
    };
    await serveRequest(server, request, response);
  }

  /** Makes a bucket; one that is there stays as it is. */
  createBucket(name: string, options: BucketOptions = {}): void {
    const { versioning, account, objectLock = false, ownership, blockPublicAccess = true } = options;
    const { buckets, clock } = this.#service;
    if (buckets.has(name)) return;
    const bucket = newBucket(name, wholeSeconds(clock.now()), ownership);
    if (!blockPublicAccess) bucket.publicAccessBlock = undefined;
    if (objectLock) bucket.objectLock = {};
    bucket.objects.versioning = objectLock ? 'Enabled' : versioning;
    buckets.set(name, account === undefined ? bucket : { ...bucket, accountId: account });
  }

  /** Has EventBridge told of what becomes of the bucket's objects, or not any more. Throws where the bucket is another account's. */
  notifyEventBridge(bucket: string, notifies = true): void {
    const holder = this.#bucket(bucket);
    const { accountId } = this.#service;
    if (accountOf(holder, this.#service) !== accountId)
      throw new Error(`The embedded EventBridge is that of the account ${accountId} only.`);
    holder.notifiesEventBridge = notifies;
  }

  /** Sets the encryption of writes that name none; undefined takes it back. */
  setBucketEncryption(bucket: string, encryption: DefaultEncryption | undefined): void {
    this.#bucket(bucket).encryption = encryption && defaultEncryption(encryption);
  }

  /** The encryption of what is written now, with one of its own or without. */
  encryptionBy(bucket: string, given?: PutEncryption): EncryptionSummary {
    const of = this.#bucket(bucket);
    return encryptionSummary(putEncryption(this.kms, accountOf(of, this.#service), given, of.encryption));
  }

  /** The account whose a bucket is: twelve digits. */
  ownerOf(bucket: string): string {
    return accountOf(this.#bucket(bucket), this.#service);
  }

  hasBucket(name: string): boolean {
    return this.#service.buckets.has(name);
  }

  /**
   * @param body bytes that the caller does not change any more, or a run of zeros that takes no memory
   * @returns the ETag without quotes, and the version id where it is not the null version
   */
  putObject(
    bucket: string,
    key: string,
    body: Uint8Array | Zeros,
    options: PutOptions = {},
  ): { etag: string; versionId?: string } {
    const { checksumAlgorithm = DEFAULT_ALGORITHM } = options;
    const bucketOfObject = this.#bucket(bucket);
    const account = accountOf(bucketOfObject, this.#service);
    const encryption = putEncryption(this.kms, account, options.encryption, bucketOfObject.encryption);
    const content = contentOf(
      Body.of(body),
      checksumAlgorithm === 'none' ? undefined : checksumAlgorithm,
      options.multipartParts,
      encryption,
    );
    const metadata = Object.entries(options.metadata ?? {}).map(
      ([name, value]) => [`x-amz-meta-${name.toLowerCase()}`, value] as const,
    );
    const headers = new Map([['content-type', options.contentType ?? DEFAULT_CONTENT_TYPE], ...metadata]);
    const object = {
      content,
      description: description(headers, new Map(Object.entries(options.tags ?? {}))),
      storageClass: parseStorageClass(options.storageClass),
      lastModified: wholeSeconds(options.lastModified ?? this.#service.clock.now()),
    };
    const held = heldByOptions(options, bucketOfObject, this.#service.ownerId);
    const stored = withHeld(encryptedAs(object, encryption), held);
    const written = this.replication.put(bucketOfObject, key, stored);
    const reason = options.multipartParts === undefined ? 'PutObject' : 'CompleteMultipartUpload';
    notifyCreated(this.#service, bucketOfObject, { key, object: written, reason }, this.#cause);
    const { versionId } = written;
    return { etag: content.etag, ...(versionId !== undefined && { versionId }) };
  }

  /** @param versionId `null` for the null version; without it, the current one. @returns undefined where there is none, or a delete marker */
  getObject(
    bucket: string,
    key: string,
    versionId?: string,
  ):
    | (ObjectSummary & {
        body: Buffer;
        headers: ReadonlyMap<string, string>;
        tags: ReadonlyMap<string, string>;
        encryption: EncryptionSummary;
        /** What stands between it and its readers, at the clock's time. */
        restore: ArchiveState;
        objectLock?: ObjectLock;
        /** The grants that count. */
        acl: AccessControlList;
        /** As `x-amz-replication-status` tells it. */
        replicationStatus?: ReplicationState['status'];
      })
    | undefined {
    const holder = this.#bucket(bucket);
    const object = versionId === undefined ? holder.objects.get(key) : holder.objects.version(key, versionId);
    if (!object || isDeleteMarker(object)) return undefined;
    const { content, lastModified, storageClass } = object;
    return {
      key,
      body: content.body.toBuffer(),
      size: content.body.size,
      etag: content.etag,
      ...object.description,
      lastModified,
      storageClass,
      encryption: encryptionSummary(encryptionOf(object)),
      restore: archiveState(object, this.#service.clock.now()),
      ...(object.lock && { objectLock: object.lock }),
      acl: aclOf(holder, object, this.#service.ownerId),
      ...(object.replication && { replicationStatus: object.replication.status }),
    };
  }

  /** Deletes a key, in a bucket with versioning by a delete marker; or one version for good. */
  deleteObject(bucket: string, key: string, versionId?: string): void {
    const holder = this.#bucket(bucket);
    const deletion = this.replication.delete(holder, key, versionId, wholeSeconds(this.#service.clock.now()));
    notifyDeleted(this.#service, holder, { key, deletion }, this.#cause);
  }

  /** All versions and delete markers: keys in UTF-8 byte order, newest first in a key. The bucket may change on the way. */
  listVersions(bucket: string, prefix = ''): Generator<VersionSummary> {
    return versionSummaries(this.#bucket(bucket).objects, prefix);
  }

  /** In UTF-8 byte order. The bucket may change on the way: what is there when its turn comes is listed. */
  *listObjects(bucket: string, prefix = ''): Generator<ObjectSummary> {
    const { objects } = this.#bucket(bucket);
    let from = prefix;
    for (let bound: 'from' | 'after' = 'from'; ; bound = 'after') {
      const page: ObjectSummary[] = [];
      for (const [key, { content, lastModified, storageClass }] of objects.entries(from, bound)) {
        if (!key.startsWith(prefix) || page.length === PAGE) break;
        page.push({ key, size: content.body.size, etag: content.etag, lastModified, storageClass });
      }
      yield* page;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      from = last.key;
    }
  }

  /** Delivers an inventory of a bucket as it is now in CSV, as S3 does it, and tells where. */
  deliverInventory(options: InventoryOptions): Omit<InventoryFiles, 'objects'> {
    const { rows, delivery } = this.#inventory(options);
    return this.#deliver(delivery, inventoryFiles(rows, delivery));
  }

  /** The same in Parquet: of the bucket as it is when it is asked for, there when the promise is kept. */
  async deliverParquetInventory(options: InventoryOptions): Promise<Omit<InventoryFiles, 'objects'>> {
    const { rows, delivery } = this.#inventory(options);
    return this.#deliver(delivery, await parquetInventoryFiles(rows, delivery));
  }

  #inventory(options: InventoryOptions): { rows: InventoryRow[]; delivery: InventoryDelivery } {
    const { prefix = '', files = 1, fields = USUAL_FIELDS, sorted = true, at = this.#service.clock.now() } = options;
    const { destinationBucket, configId } = options;
    const source = this.#bucket(options.bucket);
    const schema = INVENTORY_FIELDS.filter((field) => field === 'Bucket' || field === 'Key' || fields.includes(field));
    const versions = listsVersions(schema) ? 'all' : 'current';
    const rows = inventoryRows(source, this.#service.ownerId, this.#service.clock.now(), versions);
    const order = sorted ? 'asGiven' : 'shuffled';
    const place = { sourceBucket: source.name, destinationBucket, prefix: prefix.replace(/\/$/, ''), configId };
    const partition = partitionOf(this.#service.region);
    return { rows, delivery: { ...place, partition, schema, files, order, at } };
  }

  #deliver(
    { destinationBucket, at }: InventoryDelivery,
    { objects, ...delivered }: InventoryFiles,
  ): Omit<InventoryFiles, 'objects'> {
    for (const { key, body, contentType } of objects)
      this.putObject(destinationBucket, key, body, { contentType, lastModified: at });
    return delivered;
  }

  /** Who writes in process; such a write has a request id of its own where its event needs one. */
  get #cause(): Cause {
    return {
      get requestId() {
        return nextIds().requestId;
      },
      sourceIp: '127.0.0.1',
      caller: { account: this.#service.accountId },
    };
  }

  #bucket(name: string): Bucket {
    const bucket = this.#service.buckets.get(name);
    if (!bucket)
      throw new S3Error('NoSuchBucket', { BucketName: name }, `Expected a bucket that exists; there is no ${name}.`);
    return bucket;
  }
}

const PAGE = 1000;

function contentOf(
  body: Body,
  algorithm: ChecksumAlgorithm | undefined,
  parts: number | undefined,
  encryption: Encryption,
): Content {
  if (parts === undefined) return Content.whole(body, algorithm, { etag: etagUnder(encryption) });
  const size = Math.ceil(body.size / parts);
  const pieces = Array.from({ length: parts }, (_, index) => {
    const piece = body.slice(Math.min(index * size, body.size), Math.min((index + 1) * size, body.size));
    return {
      number: index + 1,
      body: piece,
      etag: etagUnder(encryption) ?? piece.digest('md5').toString('hex'),
      checksum: () => algorithm && checksumOf(algorithm, piece),
    };
  });
  return Content.ofParts(pieces, algorithm && { algorithm, type: 'FULL_OBJECT' });
}
