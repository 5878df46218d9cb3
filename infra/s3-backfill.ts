import { Stack } from 'aws-cdk-lib';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, PermissionsBoundary, type IGrantable, type IManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { LIVE_HANDLERS, type Side } from '../contracts/live.js';
import { reconcileMachineName, restoreName, type PairInput } from '../contracts/pair.js';
import { restoreOf } from '../contracts/restore.js';
import { handlersOfBackfill, readBackfill, readDefinitions } from '../state-machines/definitions.js';
import type { Json } from '../state-machines/substitute.js';
import { createAlarms, createTopic } from './alarms.js';
import { createAthena } from './athena.js';
import { createBackfillMachine, partsOfRuns, stateMachineArn, valuesOf, type Workshop } from './backfill-machine.js';
import { checkPair } from './check-pair.js';
import { createDashboard, dashboardUrl } from './dashboard.js';
import { expectReplicable, isReplicated } from './expect-replicable.js';
import { createFunctions } from './functions.js';
import { handlerNames } from './handler-code.js';
import { createJobRole } from './job-role.js';
import { announceEnvironment, createLiveEvents, liveEnvironment } from './live-events.js';
import { createLivePlace } from './live-queue.js';
import { root, underMachine } from './machine.js';
import { createManagedInventory } from './managed-inventory.js';
import { createManagedReplication } from './managed-replication.js';
import { printPoliciesOfOthers } from './other-account.js';
import { boundsOf } from './pair-place.js';
import type { Workplace } from './permission-statements.js';
import { createReconcileMachine } from './reconcile-machine.js';
import { printKeysSetup, printRoleSetup } from './role-setup.js';
import { createSchedule } from './schedule.js';
import { createFailureTable, createReconciliations, createWorkBucket } from './storage.js';

export interface S3BackfillProps {
  /** What is copied where; docs/deploy.md has its fields. */
  readonly pair: PairInput;
  /**
   * A bucket of the same account and Region for the files of runs, in place of one of our own. Its lifecycle is yours. Pairs
   * that share one can read and write each other's runs, and no name of a run can be used twice.
   */
  readonly workBucket?: IBucket;
  /** Encrypts what we make (work bucket, table, queue) in place of keys that AWS owns. */
  readonly key?: IKey;
  /** Receives the alarms, in place of a topic of our own. */
  readonly topic?: ITopic;
  /** Bounds every role that we make. */
  readonly permissionsBoundary?: IManagedPolicy;
}

/**
 * A pair, deployed: state machine, functions with a role each, work bucket, failure table, schedule, alarms, dashboard.
 * Throws where the pair is wrong, with the path of each wrong field.
 */
export class S3Backfill extends Construct {
  readonly stateMachine: StateMachine;
  /** The daily reconciliation; the schedule starts it. */
  readonly reconcileMachine: StateMachine;
  /** Brings objects back, where the pair says `restore`. */
  readonly restoreMachine: StateMachine | undefined;
  readonly bucket: IBucket;
  readonly table: ITable;
  /** The history of reconciliations. */
  readonly reconciliations: ITable;
  readonly topic: ITopic;
  readonly dashboard: Dashboard;
  /** By handler: `copy-chunk` and so on. */
  readonly functions: ReadonlyMap<string, LambdaFunction>;
  readonly #pair: string;
  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, props: S3BackfillProps) {
    super(scope, id);
    const pair = checkPair(props.pair);
    const { key } = props;
    this.#pair = pair.name;
    // An assertion, since CDK's classes say `undefined` where its interfaces say `absent`.
    this.bucket = props.workBucket ?? (createWorkBucket(this, key) as IBucket);
    if (isReplicated(pair)) expectReplicable(this, pair, key ?? this.bucket.encryptionKey);
    this.table = createFailureTable(this, key) as ITable;
    this.reconciliations = createReconciliations(this, key) as ITable;
    this.topic = props.topic ?? createTopic(this, pair.name, key);

    this.#key = key ?? this.bucket.encryptionKey;

    const bounds = boundsOf(this, pair);
    const live = pair.live === 'events' ? createLivePlace(this, key) : undefined;
    const jobRole = isReplicated(pair) ? createJobRole(this, pair, this.bucket.bucketName) : undefined;
    const workplace: Workplace = {
      pair,
      bounds,
      workBucket: this.bucket.bucketName,
      tableArn: this.table.tableArn,
      reconciliationsArn: this.reconciliations.tableArn,
      stateMachineArn: stateMachineArn(this, pair.name),
      ...(live
        ? {
            liveTableArn: live.table.tableArn,
            live: {
              queueArn: live.queue.queueArn,
              deadLettersArn: live.deadLetters.queueArn,
              isBoth: pair.direction === 'both',
              propagatesDeletes: pair.propagateDeletes,
            },
          }
        : {}),
      jobRoleArn: jobRole?.roleArn,
    };
    const announced = (to: Side): Record<string, Record<string, string>> =>
      live ? { 'copy-chunk': announceEnvironment(this, to, { bounds, direction: pair.direction }, live) } : {};
    const liveSettings = live && liveEnvironment(this, pair, bounds, live);
    const workshop = this.#workshop(this, workplace, [...handlerNames(), ...(live ? LIVE_HANDLERS : [])], {
      'report-run': { BACKFILL_DASHBOARD_URL: dashboardUrl(this, pair) },
      ...announced('destination'),
      ...(liveSettings ? Object.fromEntries(LIVE_HANDLERS.map((handler) => [handler, liveSettings])) : {}),
      ...(jobRole ? { 'start-job': { BACKFILL_JOB_ROLE: jobRole.roleArn } } : {}),
    });
    this.functions = workshop.functions;
    if (live) createLiveEvents(this, pair, bounds, live, this.functions);
    const definitions = readDefinitions(root(), {
      ...valuesOf(this, workshop),
      BackfillMachine: workplace.stateMachineArn,
    });
    this.stateMachine = this.#machine(this, workshop, definitions.backfill);
    this.reconcileMachine = createReconcileMachine(this, {
      pair: pair.name,
      functions: this.functions,
      key: this.#key,
      definition: definitions.reconcile,
    });
    const restore = pair.restore && this.#restoreWorkshop(workplace, announced('source'));
    this.restoreMachine =
      restore && this.#machine(restore.scope, restore, readBackfill(root(), valuesOf(this, restore)));
    createAthena(this, { ...workplace, bounds }, this.#key);
    if (pair.manageInventory) createManagedInventory(this, pair, bounds);
    if (pair.live === 'replication') createManagedReplication(this, pair, bounds, this.stateMachine.stateMachineArn);
    const schedule = createSchedule(this, pair, this.reconcileMachine, key);
    const alarms = createAlarms(this, {
      pair,
      machines: [this.stateMachine, this.reconcileMachine, ...(this.restoreMachine ? [this.restoreMachine] : [])],
      functions: this.functions,
      schedule,
      topic: this.topic,
      live,
    });
    this.dashboard = createDashboard(this, pair, alarms, this.functions, live);
    printPoliciesOfOthers(this, pair, workshop, restore);
    printRoleSetup(this, workshop, restore);
    printKeysSetup(this, workshop, restore);
    if (props.permissionsBoundary) PermissionsBoundary.of(this).apply(props.permissionsBoundary);
  }

  /** A place with functions of its own, each with its own role. */
  #workshop(
    scope: Construct,
    place: Workplace,
    handlers: readonly string[],
    environmentOf: Record<string, Record<string, string>> = {},
  ): Workshop {
    const functions = createFunctions(scope, {
      ...place,
      handlers,
      key: this.#key,
      environment: {
        BACKFILL_PAIR: place.pair.name,
        BACKFILL_ACCOUNT: Stack.of(this).account,
        BACKFILL_WORK_BUCKET: this.bucket.bucketName,
        BACKFILL_FAILURE_TABLE: this.table.tableName,
        BACKFILL_RECONCILIATIONS: this.reconciliations.tableName,
      },
      environmentOf,
    });
    return { place, functions };
  }

  /** The pair swapped: its functions have other permissions than the pair's own, which can never write to the source. */
  #restoreWorkshop(
    of: Workplace,
    environmentOf: Record<string, Record<string, string>>,
  ): Workshop & { scope: Construct } {
    const scope = new Construct(this, 'Restore');
    const { name, bounds } = restoreOf({ name: of.pair.name, bounds: of.bounds });
    const { source, destination } = bounds;
    const { live: _live, jobRoleArn: _jobs, ...own } = of;
    const place = { ...own, pair: { name, source, destination }, bounds, stateMachineArn: stateMachineArn(this, name) };
    return { scope, ...this.#workshop(scope, place, handlersOfBackfill(root()), environmentOf) };
  }

  #machine(scope: Construct, workshop: Workshop, definition: Json): StateMachine {
    return createBackfillMachine(scope, {
      ...workshop,
      definition,
      failureTable: this.table.tableName,
      reconciliations: this.reconciliations.tableName,
      key: this.#key,
    });
  }

  /** Start executions, follow them down to the children of their Maps, and stop them: what the console and our commands ask. */
  grantOperate(grantee: IGrantable): Grant {
    const machines = [
      this.stateMachine,
      this.reconcileMachine,
      ...(this.restoreMachine ? [this.restoreMachine] : []),
    ].map(({ stateMachineArn }) => stateMachineArn);
    const parts = [this.#pair, ...(this.restoreMachine ? [restoreName(this.#pair)] : [])].map((name) =>
      partsOfRuns(this, name),
    );
    const days = `${underMachine(this, reconcileMachineName(this.#pair), 'execution')}:*`;
    const grant = (resourceArns: string[], actions: string[]) =>
      Grant.addToPrincipal({ grantee, resourceArns, actions: actions.map((action) => `states:${action}`) });
    return grant(machines, ['StartExecution', 'DescribeStateMachine', 'ListExecutions', 'ListTagsForResource'])
      .combine(
        grant(
          [...parts.flatMap(({ executions, children }) => [executions, children]), days],
          [
            'DescribeExecution',
            'GetExecutionHistory',
            'StopExecution',
            'ListMapRuns',
            'DescribeStateMachineForExecution',
          ],
        ),
      )
      .combine(
        grant(
          parts.map(({ mapRuns }) => mapRuns),
          ['DescribeMapRun', 'ListExecutions'],
        ),
      )
      .combine(grant(['*'], ['ListStateMachines']));
  }

  /** Read the files of runs, the failure table and the history of reconciliations. */
  grantReadResults(grantee: IGrantable): Grant {
    return this.bucket
      .grantRead(grantee, 'runs/*')
      .combine(this.table.grantReadData(grantee))
      .combine(this.reconciliations.grantReadData(grantee));
  }
}
