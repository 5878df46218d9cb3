import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { templateOf, written } from './synthesize.js';

const THEIRS = '222222222222';
const OTHERS = '333333333333';
const KEY = `arn:aws:kms:us-east-1:${OTHERS}:key/0f4a6e3c-1111-4222-8333-944445555666`;
const ROLE = { roleArn: `arn:aws:iam::${THEIRS}:role/reader`, externalId: 'read-7' };
const HERE = { account: '123456789012', region: 'us-east-1' };

describe('A pair with restore', () => {
  let template: Template;
  beforeAll(() => {
    template = templateOf(
      {
        source: { bucket: 'photos', account: THEIRS, ...ROLE },
        destination: { bucket: 'vault', account: OTHERS },
        restore: { to: [{ bucket: 'drill', account: OTHERS, kmsKeyArn: KEY }, { bucket: 'ours' }] },
      },
      HERE,
    );
  }, 300_000);

  it('has a second state machine, of the same work bucket and tables, that commands find as a pair of its own', () => {
    const machines = Object.values(template.findResources('AWS::StepFunctions::StateMachine')).map(
      ({ Properties }) => Properties as { StateMachineName: string; Tags?: { Key: string; Value: unknown }[] },
    );
    expect(machines.map(({ StateMachineName }) => StateMachineName).toSorted()).toEqual([
      's3-backfill-photos',
      's3-backfill-photos-reconcile',
      's3-backfill-photos-restore',
    ]);
    const tagsOf = (name: string) =>
      Object.fromEntries(
        (machines.find(({ StateMachineName }) => StateMachineName === name)?.Tags ?? []).map(({ Key, Value }) => [
          Key,
          Value,
        ]),
      );
    expect(tagsOf('s3-backfill-photos-restore')).toEqual({
      ...tagsOf('s3-backfill-photos'),
      's3-backfill:pair': 'photos-restore',
    });
  });

  it('has functions for it, one for each handler of a run, and none of a reconciliation', () => {
    const names = Object.values(template.findResources('AWS::Lambda::Function'))
      .map(({ Properties }) => String((Properties as { FunctionName?: string }).FunctionName))
      .filter((name) => name.startsWith('s3-backfill-photos-restore-'));
    expect(names).toHaveLength(15);
    expect(names).toContain('s3-backfill-photos-restore-record-chunk-failure');
    expect(names.filter((name) => /inventories|query|day/.test(name))).toEqual([]);
  });

  it('has one schedule and one lot of alarms: ExecutionFailed hears of a restore too', () => {
    template.resourceCountIs('AWS::Scheduler::Schedule', 1);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 8);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 's3-backfill-photos-ExecutionFailed',
      Metrics: Match.arrayWith([
        Match.objectLike({
          Expression:
            'FILL(failed0, 0) + FILL(timedOut0, 0) + FILL(failed1, 0) + FILL(timedOut1, 0) + FILL(failed2, 0) + FILL(timedOut2, 0) - FILL(stopped, 0)',
        }),
      ]),
    });
  });

  it('prints for the owners of its sides what the functions of both need there', () => {
    const trust = policy('SourceRoleTrustPolicy');
    expect(trust).toMatch(/BackfillCopyChunkRole/);
    expect(trust).toMatch(/BackfillRestoreCopyChunkRole/);
    const theirs = policy('SourceRolePolicy');
    expect(theirs).toMatch(/"Sid":"ReadSource".*"Sid":"RestoreWriteDestination"/);
    const backup = statements('DestinationBucketPolicy');
    expect(backup.find(({ Sid }) => Sid === 'CopyChunkWriteDestination')?.Action).toContain('s3:PutObject');
    const reading = backup.find(({ Sid }) => Sid === 'RestoreCopyChunkReadSource');
    expect(reading?.Action).toEqual(expect.arrayContaining(['s3:GetObjectVersion', 's3:RestoreObject']));
    expect(reading?.Principal).toMatch(/BackfillRestoreCopyChunkRole/);
    expect(new Set(backup.map(({ Sid }) => Sid)).size).toBe(backup.length);
  });

  it('and for those of other buckets that a restore may go to, by its own roles', () => {
    const drill = statements('RestoreTo1BucketPolicy');
    expect(drill.map(({ Sid }) => Sid)).toContain('RestoreCopyChunkWriteDestinationElsewhere');
    for (const { Principal } of drill) expect(Principal).toMatch(/BackfillRestore\w+Role/);
    expect(statements('RestoreTo1KeyPolicy').map(({ Sid }) => Sid)).toContain(
      'RestoreCopyChunkUseDestinationKeyElsewhere',
    );
    expect(() => policy('RestoreTo2BucketPolicy')).toThrow();
  });

  function policy(name: string): string {
    const [, output] =
      Object.entries(template.findOutputs('*')).find(([id]) => new RegExp(`^Backfill${name}[0-9A-F]{8}$`).test(id)) ??
      [];
    if (!output) throw new Error(`no output ${name}`);
    return written((output as { Value: unknown }).Value);
  }

  function statements(name: string): { Sid: string; Action: string[]; Principal: string }[] {
    const { Statement } = JSON.parse(policy(name)) as {
      Statement: { Sid: string; Action: string | string[]; Principal: { AWS: unknown } }[];
    };
    return Statement.map(({ Sid, Action, Principal }) => ({
      Sid,
      Action: [Action].flat(),
      Principal: JSON.stringify(Principal),
    }));
  }
});
