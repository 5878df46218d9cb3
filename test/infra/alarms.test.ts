import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from '@jest/globals';
import { ALARMS, WORKERS } from '../../infra/alarms.js';
import { longestPause } from '../../infra/schedule.js';
import { projectRoot } from '../../local/bundle.js';
import { definitions, statesOf } from '../state-machines/definition.js';
import { templateOf } from './synthesize.js';

describe('The alarms of a pair', () => {
  const alarms = Object.values(templateOf().findResources('AWS::CloudWatch::Alarm')) as { Properties: Alarm }[];

  it('are these, each to the topic, going off and being over', () => {
    expect(alarms.map(({ Properties }) => Properties.AlarmName).toSorted()).toEqual(
      Object.keys(ALARMS)
        .filter((name) => !name.startsWith('Live'))
        .map((name) => `s3-backfill-photos-${name}`)
        .toSorted(),
    );
    for (const { Properties } of alarms) {
      expect(Properties.AlarmActions).toHaveLength(1);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
    }
  });

  it('have an entry each in the runbook: what it means, what to look at, what to do', async () => {
    const runbook = await readFile(join(projectRoot, 'docs/runbook.md'), 'utf8');
    const entries = new Map(
      runbook
        .split(/^## /m)
        .slice(1)
        .map((entry) => [entry.slice(0, entry.indexOf('\n')), entry]),
    );
    for (const [name, meaning] of Object.entries(ALARMS)) {
      const entry = entries.get(name) ?? '';
      expect(entry).toContain(meaning);
      for (const part of ['**What it means.**', '**What to look at.**', '**What to do.**'])
        expect(entry).toContain(part);
    }
    expect([...entries.keys()].filter((name) => !(name in ALARMS))).toEqual([]);
  });

  it('may publish to the topic, as alarms of this pair', () => {
    templateOf().hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Sid: 'AlarmsOfThePair',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: 'sns:Publish',
            Resource: { Ref: Match.stringLikeRegexp('^BackfillAlarms') },
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: { 'aws:SourceArn': { 'Fn::Join': ['', Match.arrayWith([':alarm:s3-backfill-photos-*'])] } },
            },
          },
        ]),
      },
    });
  });

  it('add up metrics that have no value as zeros: a function that was not called has none', () => {
    const sums = alarms
      .flatMap(({ Properties }) => Properties.Metrics ?? [])
      .flatMap(({ Expression }) => Expression ?? []);
    expect(sums).toHaveLength(4);
    for (const sum of sums) expect(sum).toMatch(/^FILL\(\w+, 0\)(?: \+ FILL\(\w+, 0\))+(?: - FILL\(stopped, 0\))?$/);
  });

  it('do not ring for an execution that a fence has stopped', () => {
    const failed = alarms.find(({ Properties }) => Properties.AlarmName.endsWith('-ExecutionFailed'));
    expect(failed?.Properties.Metrics?.map(({ Expression }) => Expression).filter(Boolean)).toEqual([
      expect.stringMatching(/ - FILL\(stopped, 0\)$/),
    ]);
    expect(JSON.stringify(failed?.Properties.Metrics)).toContain('"MetricName":"StoppedByFence"');
  });

  it('of functions are about all those of which many run at once', () => {
    const [{ machine }] = definitions() as [ReturnType<typeof definitions>[number]];
    const inMaps = statesOf(machine).flatMap(({ state, scope }) =>
      scope !== machine && state.Type === 'Task' ? [(state['Arguments'] as { FunctionName: string }).FunctionName] : [],
    );
    const handlers = inMaps.map((name) =>
      name
        .replace(/^\$\{(\w+)Function\}$/, '$1')
        .replaceAll(/(?<!^)([A-Z])/g, '-$1')
        .toLowerCase(),
    );
    expect([...WORKERS].toSorted()).toEqual([...new Set(handlers)].toSorted());
  });

  it('name the pair and nothing else as a dimension of our metrics', () => {
    const own = alarms.filter(({ Properties }) => Properties.Namespace === 's3-backfill');
    expect(own.map(({ Properties }) => Properties.MetricName ?? '').toSorted()).toEqual([
      'ObjectsFailed',
      'ObjectsMissingAfterRepair',
      'RunsIncomplete',
      'RunsVerified',
    ]);
    for (const { Properties } of own) expect(Properties.Dimensions).toEqual([{ Name: 'pair', Value: 'photos' }]);
  });
});

describe('No verified run', () => {
  it.each([
    ['cron(0 6 * * ? *)', 26],
    ['rate(12 hours)', 14],
    ['rate(90 minutes)', 4],
    ['cron(0 6 ? * MON-FRI *)', 74],
    ['cron(0 0/6 * * ? *)', 8],
  ])('is told %s after %i hours', (expression, hours) => {
    expect(noVerifiedRun(expression)).toMatchObject([
      {
        Properties: {
          Period: 3600,
          EvaluationPeriods: hours,
          TreatMissingData: 'breaching',
          ComparisonOperator: 'LessThanThreshold',
          Threshold: 1,
        },
      },
    ]);
  });

  it.each(['cron(0 6 ? * SUN *)', 'cron(0 6 1 * ? *)', 'rate(30 days)'])(
    'cannot be told with %s: CloudWatch looks back seven days',
    (expression) => {
      expect(noVerifiedRun(expression)).toEqual([]);
    },
  );

  it('is told by the longest pause of the schedule', () => {
    expect(longestPause({ expression: 'cron(0 6 ? * MON,TUE *)' })?.toHours()).toBe(6 * 24);
    expect(longestPause({ expression: 'cron(0 6 29 2 ? 2028)' })).toBeUndefined();
  });
});

interface Alarm {
  AlarmName: string;
  AlarmActions: unknown[];
  OKActions: unknown[];
  Namespace?: string;
  MetricName?: string;
  Dimensions?: unknown[];
  Metrics?: { Expression?: string }[];
}

function noVerifiedRun(expression: string): unknown[] {
  const found = templateOf({ schedule: { expression } }).findResources('AWS::CloudWatch::Alarm', {
    Properties: { AlarmName: 's3-backfill-photos-NoVerifiedRun' },
  });
  return Object.values(found);
}
