import type { IConstruct } from 'constructs';
import { failureIndexes } from '../contracts/failure.js';
import { deliveryFolder, inventoryFolder, type Pair, type RunBounds } from '../contracts/pair.js';
import { isReachedByKeys } from '../contracts/side.js';
import { JOB_SERVICE, jobsArn } from './job-role.js';
import { bucketArn, catalogArns, comparedTableArns, objectsArn, partitionOfSide, workGroupArn } from './pair-place.js';
import type { Permission } from './permission.js';

/** What the functions of a pair work on, or those of its restore, which has no inventory. */
export interface Workplace {
  pair: Pick<Pair, 'name' | 'source' | 'destination'> & Partial<Pick<Pair, 'inventory' | 'destinationInventory'>>;
  bounds: RunBounds;
  /** Name of the work bucket. */
  workBucket: string;
  tableArn: string;
  reconciliationsArn: string;
  stateMachineArn: string;
  /** Of a live copy by events: what both sides had of each key. */
  liveTableArn?: string | undefined;
  /** Its functions, which a restore has none of. */
  live?: {
    queueArn: string;
    deadLettersArn: string;
    isBoth: boolean;
    propagatesDeletes: boolean;
  };
  /** The role of jobs of S3 Batch Replication, where the pair has that engine. */
  jobRoleArn?: string | undefined;
}

const JOBS = { why: 'S3 names jobs.' };

/** The statements that permissions are made of. */
export function vocabulary(scope: IConstruct, place: Workplace) {
  const { pair, bounds, workBucket, tableArn, reconciliationsArn, stateMachineArn, jobRoleArn, liveTableArn } = place;
  const allow = (
    sid: string,
    actions: readonly string[],
    resources: readonly string[],
    more: Pick<Permission, 'conditions' | 'side' | 'why'> = {},
  ): Permission => ({ sid, actions, resources, ...more });
  const inWork = (patterns: string[]) => patterns.map((pattern) => `${bucketArn(scope, workBucket)}/${pattern}`);
  const { source, destination, inventory, destinationInventory, copy = {}, restoring } = bounds;
  const isOfAll = copy.versions === 'all';
  const isReplicated = copy.engine === 'batch-replication';
  /** A restore may be asked for earlier versions of what it reads. */
  const isAsOf = restoring !== undefined;
  const listBoth = ['s3:ListBucket', 's3:ListBucketVersions'];
  const list = isOfAll ? listBoth : ['s3:ListBucket'];
  const destinationPrefix = destination.prefix ?? source.prefix;

  const files = { why: 'Files of a run are named by run, pass and chunk, which are known only when it runs.' };
  const keys = { why: "A run brings over every object of the pair: all keys under the pair's prefix." };
  const onSource = { side: 'source' } as const;
  const onDestination = { side: 'destination' } as const;
  const onInventory = { side: 'inventory' } as const;
  const [ofSource, ofDestination] = [partitionOfSide(scope, pair.source), partitionOfSide(scope, pair.destination)];

  const can = {
    lock: `locks/${pair.name}.json`,
    /** Which listing was begun last. */
    begunListing: `listings/${pair.name}.json`,
    /** Which job was begun last. */
    begunJob: `jobs/${pair.name}.json`,
    /** Which runs' proofs count. */
    provenBy: `proofs/${pair.name}.json`,
    /** By whoever lists all of the source, and by whoever shows that it can be listed. */
    listWhole: isAsOf ? listBoth : ['s3:ListBucket'],
    listToPrepare: isAsOf ? list : ['s3:ListBucket'],
    isReadOnly: copy.engine === 'none',
    readVersions: isOfAll || isAsOf ? ['s3:GetObjectVersion'] : [],
    /** All that a copy takes along of its source. */
    readObjects: [
      's3:GetObject',
      's3:GetObjectTagging',
      ...(isOfAll || isAsOf ? ['s3:GetObjectVersion', 's3:GetObjectVersionTagging'] : []),
      // A request may be of the current versions alone.
      ...(copy.acl === 'copy' ? ['s3:GetObjectAcl', ...(isOfAll || isAsOf ? ['s3:GetObjectVersionAcl'] : [])] : []),
      ...(copy.objectLock ? ['s3:GetObjectRetention', 's3:GetObjectLegalHold'] : []),
      ...(copy.archived === 'restore' ? ['s3:RestoreObject'] : []),
    ],
    /** All that a copy is given, in one piece or in parts. */
    writeObjects: [
      's3:PutObject',
      's3:PutObjectTagging',
      's3:ListMultipartUploadParts',
      's3:AbortMultipartUpload',
      // Of a delete marker: without a version id nothing is deleted for good.
      ...(isOfAll ? ['s3:DeleteObject'] : []),
      ...(copy.acl ? ['s3:PutObjectAcl'] : []),
      ...(copy.objectLock ? ['s3:PutObjectRetention', 's3:PutObjectLegalHold'] : []),
    ],
    /** The probe of writing is given the ACL that every copy will have. */
    probeMore: copy.acl === 'bucket-owner-full-control' ? ['s3:PutObjectAcl'] : [],
    /** What a record speaks of is completed or aborted. */
    removeUploadRecords: (pattern = 'runs/*/uploads/*') =>
      allow('RemoveUploadRecords', ['s3:DeleteObject'], inWork([pattern]), {
        why: 'Records of uploads under way are named by run and object, which are known only when it runs.',
      }),
    readWork: (...patterns: string[]) => allow('ReadWork', ['s3:GetObject'], inWork(patterns), files),
    writeWork: (...patterns: string[]) => allow('WriteWork', ['s3:PutObject'], inWork(patterns), files),
    /** A file that is given up half written leaves no parts behind. */
    abortWorkUpload: (...patterns: string[]) =>
      allow('AbortWorkUpload', ['s3:AbortMultipartUpload'], inWork(patterns), files),
    listWork: (...prefixes: string[]) =>
      allow('ListWork', ['s3:ListBucket'], [bucketArn(scope, workBucket)], {
        conditions: { StringLike: { 's3:prefix': prefixes } },
      }),
    /** Without it a file that is not there reads as denied. */
    tellMissingWork: () => allow('TellMissingWork', ['s3:ListBucket'], [bucketArn(scope, workBucket)]),

    readInventory: () =>
      inventory
        ? [
            allow(
              'ReadInventory',
              ['s3:GetObject'],
              [objectsArn(scope, inventory.bucket, inventoryFolder({ source, inventory }), ofSource)],
              {
                why: 'S3 names the files of an inventory.',
                ...onInventory,
              },
            ),
            ...keyStatement('UseInventoryKey', ['kms:Decrypt'], pair.inventory?.kmsKeyArn, onInventory),
          ]
        : [],
    /** Also without a prefix: an inventory that is not there must not read as denied. */
    findInventory: () =>
      inventory
        ? [allow('FindInventory', ['s3:ListBucket'], [bucketArn(scope, inventory.bucket, ofSource)], onInventory)]
        : [],

    readDestinationInventory: () =>
      destinationInventory
        ? [
            allow(
              'ReadDestinationInventory',
              ['s3:GetObject'],
              [
                objectsArn(
                  scope,
                  destinationInventory.bucket,
                  deliveryFolder(destination.bucket, destinationInventory),
                ),
              ],
              { why: 'S3 names the files of an inventory.' },
            ),
            ...keyStatement('UseDestinationInventoryKey', ['kms:Decrypt'], pair.destinationInventory?.kmsKeyArn),
          ]
        : [],
    findDestinationInventory: () =>
      destinationInventory
        ? [allow('FindDestinationInventory', ['s3:ListBucket'], [bucketArn(scope, destinationInventory.bucket)])]
        : [],

    /** Athena reads inventories as whoever asks. By no keys but those of the role: what is reached by others it cannot read. */
    scanInventories: () =>
      isReachedByKeys(source)
        ? []
        : [...can.readInventory(), ...can.readDestinationInventory(), can.locateInventories()],
    startQueries: () => allow('StartQueries', ['athena:StartQueryExecution'], [workGroupArn(scope, pair.name)]),
    followQueries: () =>
      allow('FollowQueries', ['athena:GetQueryExecution', 'athena:GetQueryResults'], [workGroupArn(scope, pair.name)]),
    /** Athena reads the catalog as whoever asks. */
    readTables: () => [
      allow('ReadDatabase', ['glue:GetDatabase'], catalogArns(scope, pair.name)),
      allow(
        'ReadTables',
        ['glue:GetTable'],
        [
          ...catalogArns(scope, pair.name),
          ...(inventory ? comparedTableArns(scope, pair.name, { ...bounds, inventory }) : []),
        ],
      ),
    ],
    locateInventories: () =>
      allow(
        'LocateInventories',
        ['s3:GetBucketLocation', 's3:ListBucket'],
        [...new Set([inventory, destinationInventory].flatMap((place) => place?.bucket ?? []))].map((bucket) =>
          bucketArn(scope, bucket),
        ),
      ),
    locateWork: () => allow('LocateWork', ['s3:GetBucketLocation'], [bucketArn(scope, workBucket)]),
    recordDays: () => allow('RecordDays', ['dynamodb:PutItem'], [reconciliationsArn]),

    readSource: (actions: string[]) =>
      allow('ReadSource', actions, [objectsArn(scope, source.bucket, source.prefix, ofSource)], {
        ...keys,
        ...onSource,
      }),
    /** Without it, and without a prefix in it, an object that was deleted reads as denied. */
    listSource: (actions: readonly string[] = isAsOf ? listBoth : list) =>
      allow('ListSource', actions, [bucketArn(scope, source.bucket, ofSource)], onSource),
    readSourceSettings: () =>
      allow(
        'ReadSourceSettings',
        [
          's3:GetEncryptionConfiguration',
          's3:GetBucketWebsite',
          ...(isAsOf || isReplicated ? ['s3:GetBucketVersioning'] : []),
          ...(isReplicated ? ['s3:GetReplicationConfiguration'] : []),
        ],
        [bucketArn(scope, source.bucket, ofSource)],
        onSource,
      ),

    writeDestination: (actions: string[]) =>
      allow('WriteDestination', actions, [objectsArn(scope, destination.bucket, destinationPrefix, ofDestination)], {
        ...keys,
        ...onDestination,
      }),
    writeSource: (actions: string[]) =>
      allow('WriteSource', actions, [objectsArn(scope, source.bucket, source.prefix, ofSource)], {
        ...keys,
        ...onSource,
      }),
    readDestination: (actions = ['s3:GetObject', ...(isOfAll ? ['s3:GetObjectVersion'] : [])]) =>
      allow('ReadDestination', actions, [objectsArn(scope, destination.bucket, destinationPrefix, ofDestination)], {
        ...keys,
        ...onDestination,
      }),
    listDestination: (actions = list) =>
      allow('ListDestination', actions, [bucketArn(scope, destination.bucket, ofDestination)], onDestination),
    readDestinationSettings: () =>
      allow(
        'ReadDestinationSettings',
        [
          's3:GetEncryptionConfiguration',
          ...((isOfAll && copy.engine !== 'none') || isReplicated ? ['s3:GetBucketVersioning'] : []),
        ],
        [bucketArn(scope, destination.bucket, ofDestination)],
        onDestination,
      ),
    /** Encrypting at the destination needs data keys, and its parts to be read back: GenerateDataKey and Decrypt. */
    useKeys: (isBoth = false) => [
      ...keyStatement(
        'UseSourceKey',
        [...(isBoth ? ['kms:GenerateDataKey'] : []), 'kms:Decrypt'],
        pair.source.kmsKeyArn,
        onSource,
      ),
      ...keyStatement(
        'UseDestinationKey',
        ['kms:GenerateDataKey', 'kms:Decrypt'],
        pair.destination.kmsKeyArn,
        onDestination,
      ),
    ],

    decryptSource: () => keyStatement('UseSourceKey', ['kms:Decrypt'], pair.source.kmsKeyArn, onSource),
    /** A HEAD that asks for checksums. */
    decryptDestination: () =>
      keyStatement('UseDestinationKey', ['kms:Decrypt'], pair.destination.kmsKeyArn, onDestination),

    /** What handlers may do that only the engine batch-replication calls: nothing, where the pair does not have it. */
    replicate: (permissions: Record<string, Permission[]>): Record<string, Permission[]> =>
      isReplicated ? permissions : Object.fromEntries(Object.keys(permissions).map((handler) => [handler, []])),
    /** A job does what its role may: none but this one can be handed to it. */
    makeJobs: () => [
      allow('MakeJobs', ['s3:CreateJob'], ['*'], { why: 'A job has no ARN before it is made.' }),
      allow('HandRoleToJobs', ['iam:PassRole'], jobRoleArn === undefined ? [] : [jobRoleArn], {
        conditions: { StringEquals: { 'iam:PassedToService': JOB_SERVICE } },
      }),
      allow('CancelJobs', ['s3:UpdateJobStatus'], [jobsArn(scope)], JOBS),
    ],
    followJobs: () => allow('FollowJobs', ['s3:DescribeJob'], [jobsArn(scope)], JOBS),

    recordFailures: (actions: string[]) => allow('RecordFailures', actions, [tableArn]),
    findFailuresOfChunk: () =>
      allow('FindFailuresOfChunk', ['dynamodb:Query'], [`${tableArn}/index/${failureIndexes.byChunk.name}`]),
    keepRecords: () =>
      liveTableArn === undefined
        ? []
        : [allow('KeepRecords', ['dynamodb:GetItem', 'dynamodb:PutItem'], [liveTableArn])],
    /** Lambda receives and deletes the messages of a queue as the function. */
    workOff: (queueArn: string, more: string[]) =>
      allow('WorkOffQueue', ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', ...more], [queueArn]),
    /** Whether the holder of the pair's lock still runs. */
    askForExecutions: () =>
      allow(
        'AskForExecutions',
        ['states:DescribeExecution'],
        [`${stateMachineArn.replace(':stateMachine:', ':execution:')}:*`],
        { why: 'Any execution of this machine may hold the lock.' },
      ),
  };
  return can;

  /** Through S3 only: the key is of no use to whoever has the role for anything else. */
  function keyStatement(
    sid: string,
    actions: string[],
    keyArn: string | undefined,
    side: Pick<Permission, 'side'> = {},
  ): Permission[] {
    return keyArn === undefined
      ? []
      : [allow(sid, actions, [keyArn], { conditions: { StringLike: { 'kms:ViaService': 's3.*' } }, ...side })];
  }
}
