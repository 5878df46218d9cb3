import type { IConstruct } from 'constructs';
import { QUERY_RESULTS } from '../contracts/athena-tables.js';
import { OWN_MANIFESTS } from '../contracts/pair.js';
import { vocabulary, type Workplace } from './permission-statements.js';
import type { Permission } from './permission.js';

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
          can.readSource(can.readObjects),
          can.listSource(),
          can.writeDestination(can.writeObjects),
          can.readDestination(),
          can.listDestination(),
          ...can.useKeys(),
          can.recordFailures(['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:BatchWriteItem']),
          can.findFailuresOfChunk(),
          ...can.keepRecords(),
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
  const read = can.readObjects;
  const write = [...can.writeObjects, ...(live.propagatesDeletes ? ['s3:DeleteObject'] : [])];
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
      ...can.keepRecords(),
      can.workOff(live.queueArn, ['sqs:SendMessage', 'sqs:ChangeMessageVisibility']),
    ],
    'record-dead-letter': [
      can.recordFailures(['dynamodb:BatchWriteItem']),
      can.findFailuresOfChunk(),
      ...can.keepRecords(),
      can.workOff(live.deadLettersArn, []),
    ],
  };
}
