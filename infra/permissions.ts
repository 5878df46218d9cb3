import type { IConstruct } from 'constructs';
import { failureIndexes } from '../contracts/failure.js';
import { QUERY_RESULTS } from '../contracts/athena-tables.js';
import { deliveryFolder, inventoryFolder, OWN_MANIFESTS, type Pair, type RunBounds } from '../contracts/pair.js';
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
  /** Of a live copy by events. */
  live?: {
    tableArn: string;
    queueArn: string;
    deadLettersArn: string;
    isBoth: boolean;
    propagatesDeletes: boolean;
  };
  /** The role of jobs of S3 Batch Replication, where the pair has that engine. */
  jobRoleArn?: string | undefined;
}

/**
 * What each handler does beside writing its log, by its own role or by a side's: the calls that it makes and no others. A
 * test holds this against the calls of whole runs, both ways. Keys by handler; every handler has an entry.
 */
export function permissionsOf(scope: IConstruct, place: Workplace): Record<string, Permission[]> {
  const { bounds } = place;
  const elsewhere = (bounds.restoring?.to ?? []).map((destination) =>
    permissionsAt(scope, { ...place, pair: { ...place.pair, destination }, bounds: { ...bounds, destination } }),
  );
  return Object.fromEntries(
    Object.entries(permissionsAt(scope, place)).map(([handler, permissions]) => [
      handler,
      [...permissions, ...atOthers(elsewhere.flatMap((each) => each[handler] ?? []))],
    ]),
  );
}

/** What is done at the destination, done in the other buckets that a restore may go to: always by our own role. */
function atOthers(permissions: readonly Permission[]): Permission[] {
  const bySid = new Map<string, Permission>();
  for (const { side, ...permission } of permissions) {
    if (side !== 'destination') continue;
    const sid = `${permission.sid}Elsewhere`;
    const resources = [...(bySid.get(sid)?.resources ?? []), ...permission.resources];
    bySid.set(sid, { ...permission, sid, resources });
  }
  return [...bySid.values()];
}

function permissionsAt(scope: IConstruct, place: Workplace): Record<string, Permission[]> {
  const can = vocabulary(scope, place);
  const { isReadOnly } = can;
  return {
    'prepare-run': [
      can.readWork(
        'runs/*/request.json',
        'runs/*/pass-*',
        'runs/*/uploads/*',
        can.lock,
        can.provenBy,
        can.begunListing,
        `${OWN_MANIFESTS}*`,
      ),
      can.writeWork(
        'runs/*/request.json',
        'runs/*/files.jsonl',
        'runs/*/uploads/*',
        can.lock,
        can.begunListing,
        `${OWN_MANIFESTS}*/rounds/1/ranges.jsonl`,
        ...(place.live ? [`${OWN_MANIFESTS}*/failures.csv`] : []),
      ),
      ...(place.live ? [can.recordFailures(['dynamodb:Query'])] : []),
      can.removeUploadRecords(),
      can.abortWorkUpload('runs/*/files.jsonl', ...(place.live ? [`${OWN_MANIFESTS}*/failures.csv`] : [])),
      can.tellMissingWork(),
      ...can.readInventory(),
      ...can.findInventory(),
      can.readSource(['s3:GetObject']),
      can.listSource(can.listToPrepare),
      can.readSourceSettings(),
      ...(isReadOnly
        ? can.decryptSource()
        : [can.writeDestination(['s3:PutObject', 's3:AbortMultipartUpload', ...can.probeMore]), ...can.useKeys()]),
      can.listDestination(['s3:ListBucket']),
      can.readDestinationSettings(),
      can.askForExecutions(),
    ],
    'list-range': [
      can.readWork('runs/*/request.json', `${OWN_MANIFESTS}*/rounds/*`),
      can.tellMissingWork(),
      can.writeWork(`${OWN_MANIFESTS}*/rounds/*`, `${OWN_MANIFESTS}*/data/*`),
      can.abortWorkUpload(`${OWN_MANIFESTS}*/data/*`),
      can.listSource(can.listWhole),
    ],
    'gather-listing': [
      can.readWork('runs/*', `${OWN_MANIFESTS}*/rounds/*`),
      can.writeWork('runs/*/files.jsonl', `${OWN_MANIFESTS}*`),
      can.abortWorkUpload('runs/*/files.jsonl', `${OWN_MANIFESTS}*/rounds/*`),
    ],
    'index-file': [
      can.readWork('runs/*', `${OWN_MANIFESTS}*`),
      can.writeWork('runs/*/index/*'),
      can.abortWorkUpload('runs/*/index/*'),
      ...can.readInventory(),
    ],
    'plan-pass': [
      can.readWork('runs/*'),
      can.writeWork('runs/*/plan.json', 'runs/*/pass-1/chunks.jsonl', 'runs/*/merge/*'),
      can.abortWorkUpload('runs/*/pass-1/chunks.jsonl', 'runs/*/merge/*'),
    ],
    'merge-range': [
      can.readWork('runs/*/request.json', 'runs/*/merge/*', 'runs/*/index/*'),
      can.writeWork('runs/*/merged/*'),
      can.abortWorkUpload('runs/*/merged/*'),
    ],
    'gather-ranges': [
      can.readWork('runs/*'),
      can.writeWork('runs/*/plan.json', 'runs/*/pass-1/chunks.jsonl'),
      can.abortWorkUpload('runs/*/pass-1/chunks.jsonl'),
    ],
    // Never called where nothing is copied.
    'copy-chunk': isReadOnly
      ? []
      : [
          can.readWork('runs/*'),
          can.tellMissingWork(),
          can.writeWork('runs/*/attempts/*', 'runs/*/uploads/*'),
          can.removeUploadRecords(),
          can.readSource(['s3:GetObject', 's3:GetObjectTagging', ...can.readMore]),
          can.listSource(),
          can.writeDestination([
            's3:PutObject',
            's3:PutObjectTagging',
            's3:ListMultipartUploadParts',
            's3:AbortMultipartUpload',
            ...can.writeMore,
          ]),
          can.readDestination(),
          can.listDestination(),
          ...can.useKeys(),
          can.recordFailures(['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:BatchWriteItem']),
          can.findFailuresOfChunk(),
        ],
    'verify-chunk': [
      can.readWork('runs/*'),
      can.listWork('runs/*'),
      can.writeWork('runs/*/owed/*', 'runs/*/report/*', 'runs/*/proofs/*'),
      // A run of engine none looks at both sides here; it copies nothing.
      can.readSource(['s3:GetObject', ...can.readVersions]),
      can.listSource(),
      ...can.decryptSource(),
      can.listDestination(),
      can.readDestination(),
      ...can.decryptDestination(),
      can.recordFailures(['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:BatchWriteItem']),
      can.findFailuresOfChunk(),
    ],
    ...can.replicate({
      'start-job': [
        can.readWork('runs/*', can.begunJob),
        can.tellMissingWork(),
        can.writeWork('runs/*/job/*', can.begunJob),
        can.abortWorkUpload('runs/*/job/*'),
        can.recordFailures(['dynamodb:GetItem', 'dynamodb:UpdateItem']),
        ...can.makeJobs(),
      ],
      'check-job': [
        can.readWork('runs/*/request.json', 'runs/*/job/plan.json'),
        can.writeWork('runs/*/job/end.json'),
        can.followJobs(),
      ],
      'read-job-report': [
        can.readWork('runs/*/job/*'),
        can.tellMissingWork(),
        can.writeWork('runs/*/job/failed*'),
        can.abortWorkUpload('runs/*/job/failed*'),
        can.recordFailures(['dynamodb:UpdateItem']),
      ],
    }),
    'record-chunk-failure': [can.recordFailures(['dynamodb:UpdateItem', 'dynamodb:BatchWriteItem'])],
    'tally-pass': [
      can.readWork('runs/*', can.provenBy),
      can.tellMissingWork(),
      can.writeWork('runs/*/pass-*', can.provenBy),
      can.abortWorkUpload('runs/*/pass-*'),
      can.recordFailures(['dynamodb:GetItem']),
    ],
    'find-inventories': [
      ...can.readInventory(),
      ...can.findInventory(),
      ...can.readDestinationInventory(),
      ...can.findDestinationInventory(),
    ],
    'start-query': [
      can.startQueries(),
      ...can.readTables(),
      ...can.scanInventories(),
      can.writeWork(`${QUERY_RESULTS}*`),
      can.abortWorkUpload(`${QUERY_RESULTS}*`),
      can.locateWork(),
    ],
    'check-query': [can.followQueries(), can.readWork(`${QUERY_RESULTS}*`)],
    'record-day': [can.readWork('runs/*/summary.json'), can.tellMissingWork(), can.recordDays()],
    'report-run': [
      can.readWork('runs/*', can.provenBy),
      can.tellMissingWork(),
      can.writeWork('runs/*/report/*', 'runs/*/summary.json', 'runs/*/uploads/*', can.provenBy),
      can.removeUploadRecords(),
      can.abortWorkUpload('runs/*/report/*'),
      ...(isReadOnly ? [] : [can.writeDestination(['s3:AbortMultipartUpload'])]),
      can.recordFailures(['dynamodb:Query', 'dynamodb:BatchWriteItem']),
    ],
    ...(place.live ? livePermissions(can, place, place.live) : {}),
  };
}

/** Of the functions of a live copy by events. What goes both ways needs on each side what it needs on the other. */
function livePermissions(
  can: ReturnType<typeof vocabulary>,
  { pair }: Workplace,
  live: NonNullable<Workplace['live']>,
): Record<string, Permission[]> {
  const uploads = `live/${pair.name}/uploads/*`;
  const read = ['s3:GetObject', 's3:GetObjectTagging', ...can.readMore];
  const write = [
    's3:PutObject',
    's3:PutObjectTagging',
    's3:ListMultipartUploadParts',
    's3:AbortMultipartUpload',
    ...can.writeMore,
    ...(live.propagatesDeletes ? ['s3:DeleteObject'] : []),
  ];
  const { isBoth } = live;
  return {
    'sync-object': [
      can.readWork(uploads),
      can.tellMissingWork(),
      can.writeWork(uploads),
      can.removeUploadRecords(uploads),
      can.readSource(read),
      can.listSource(),
      can.writeDestination(write),
      can.readDestination(isBoth ? read : undefined),
      can.listDestination(),
      ...(isBoth ? [can.writeSource(write)] : []),
      ...can.useKeys(isBoth),
      can.recordFailures(['dynamodb:Query', 'dynamodb:BatchWriteItem']),
      can.findFailuresOfChunk(),
      can.keepRecords(live.tableArn, ['dynamodb:GetItem', 'dynamodb:PutItem']),
      can.workOff(live.queueArn, ['sqs:SendMessage', 'sqs:ChangeMessageVisibility']),
    ],
    'record-dead-letter': [
      can.recordFailures(['dynamodb:BatchWriteItem']),
      can.findFailuresOfChunk(),
      can.keepRecords(live.tableArn, ['dynamodb:GetItem', 'dynamodb:PutItem']),
      can.workOff(live.deadLettersArn, []),
    ],
  };
}

const JOBS = { why: 'S3 names jobs.' };

/** The statements that permissions are made of. */
function vocabulary(scope: IConstruct, place: Workplace) {
  const { pair, bounds, workBucket, tableArn, reconciliationsArn, stateMachineArn, jobRoleArn } = place;
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
    /** Of a source object and of its copy, beyond what every pair needs. */
    readMore: [
      ...(isOfAll || isAsOf ? ['s3:GetObjectVersion', 's3:GetObjectVersionTagging'] : []),
      // A request may be of the current versions alone.
      ...(copy.acl === 'copy' ? ['s3:GetObjectAcl', ...(isOfAll || isAsOf ? ['s3:GetObjectVersionAcl'] : [])] : []),
      ...(copy.objectLock ? ['s3:GetObjectRetention', 's3:GetObjectLegalHold'] : []),
      ...(copy.archived === 'restore' ? ['s3:RestoreObject'] : []),
    ],
    writeMore: [
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
    keepRecords: (liveTableArn: string, actions: string[]) => allow('KeepRecords', actions, [liveTableArn]),
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
