import { beforeAll, describe, expect, it } from '@jest/globals';
import { UntagResourceCommand } from '@aws-sdk/client-sfn';
import { DynamoReconciliations } from '../../adapters/dynamodb/reconciliations.js';
import { reconciliationLines } from '../../cli/print/reconciliations.js';
import { pairTags } from '../../contracts/pair.js';
import { reconciliation, type Reconciliation } from '../../contracts/reconciliation.js';
import { useEngine } from '../support/engine.js';
import { environmentOf, type, type Typed } from './support/command-line.js';

const test = useEngine({ pipeline: { pair: 'photos' } });

function typed(command: string): Promise<Typed> {
  const { engine } = test();
  return type(`--endpoint-url ${engine.endpoint} ${command}`, { env: environmentOf(engine) });
}

/** A line of the history of a day in January 2026. */
function line(day: number, more: Partial<Reconciliation> = {}): Reconciliation {
  const date = `2026-01-${String(day).padStart(2, '0')}`;
  return {
    pair: 'photos',
    startedAt: `${date}T06:00:00.000Z`,
    execution: `day-${day}`,
    day: date,
    status: 'InSync',
    scope: 'pair',
    way: 'compare',
    notes: [],
    missing: 0,
    repaired: 0,
    missingAfterRepair: 0,
    gone: 0,
    archived: 0,
    bytesCopied: 0,
    expected: 1_000,
    verified: 1_000,
    evidence: { etag: 1_000, checksum: 0, copied: 0, sizeAndTime: 0 },
    seconds: 12,
    costUsd: 0.00005,
    scannedBytes: 1_000,
    ...more,
  };
}

const HISTORY = [
  line(1),
  line(2, {
    status: 'Repaired',
    way: 'difference',
    notes: [{ name: 'InventoryStale', message: 'It is \u001b[2J old,\nand \u202eolder.' }],
    missing: 42,
    repaired: 42,
    expected: 1_042,
    verified: 1_042,
    evidence: { etag: 1_000, checksum: 0, copied: 42, sizeAndTime: 0 },
    run: 'reconcile-2026-01-02-0a1b2c3d',
    seconds: 185,
    costUsd: 1.5,
  }),
  line(3, {
    status: 'Failed',
    way: undefined,
    scope: undefined,
    expected: 0,
    verified: 0,
    evidence: { etag: 0, checksum: 0, copied: 0, sizeAndTime: 0 },
    error: { name: 'NoInventory', message: '{"errorMessage":"Expected an inventory."}' },
    costUsd: 0,
  }),
  line(4, { scope: 'part' }),
];

describe('s3-backfill reconciliations', () => {
  beforeAll(async () => {
    const { engine, pipeline } = test();
    const table = new DynamoReconciliations(pipeline.reconciliations, engine);
    for (const each of [HISTORY[2], HISTORY[0], HISTORY[3], HISTORY[1]]) if (each) await table.put(each);
  });

  it('shows a line a day, the newest last, with what is to be said of it, and a plot of what was missing', async () => {
    const { code, stdout, stderr } = await typed('reconciliations photos');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'DAY         STATUS    WAY              MISSING  REPAIRED  STILL MISSING  EXPECTED  VERIFIED  EVIDENCE                TOOK       COST    RUN',
        '2026-01-01  InSync    compare          0        0         0              1,000     1,000     1,000 etag              12 s       <$0.01',
        '2026-01-02  Repaired  difference       42       42        0              1,042     1,042     1,000 etag + 42 copied  3 min 5 s  $1.50   reconcile-2026-01-02-0a1b2c3d',
        '  InventoryStale: It is \\u{1b}[2J old,\\u{a}and \\u{202e}older.',
        '2026-01-03  Failed                                                                                                   12 s       $0.00',
        '  NoInventory: Expected an inventory.',
        '2026-01-04  InSync    compare, a part  0        0         0              1,000     1,000     1,000 etag              12 s       <$0.01',
        '',
        'missing  ·█?·  2026-01-01 to 2026-01-04, at most 42 on 2026-01-02',
        '         · nothing missing, █ 42, ? no answer',
        '',
      ].join('\n'),
    );
  });

  it('--limit takes the newest ones', async () => {
    const { stdout } = await typed('reconciliations --pair photos --limit 2');
    expect(stdout.match(/^2026-\S+/gm)).toEqual(['2026-01-03', '2026-01-04']);
    expect(stdout).toContain('missing  ?·  2026-01-03 to 2026-01-04\n');
  });

  it('tells the lines of one day apart by their times', () => {
    const again = line(5, { startedAt: '2026-01-05T17:30:59.000Z' });
    expect(reconciliationLines([line(4), line(5), again, line(6)]).map((each) => each.split(/ {2,}/)[0])).toEqual([
      'DAY',
      '2026-01-04',
      '2026-01-05 (06:00 UTC)',
      '2026-01-05 (17:30 UTC)',
      '2026-01-06',
      '',
      'missing',
      '',
    ]);
  });

  it('--json has the lines as they are in the table', async () => {
    const { stdout } = await typed(`reconciliations --state-machine ${test().pipeline.stateMachineArn} --json`);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
    expect(reconciliation.array().parse(JSON.parse(stdout))).toEqual(JSON.parse(JSON.stringify(HISTORY)));
  });

  it('says that an unknown pair is not there', async () => {
    expect(await typed('reconciliations videos')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^s3-backfill: There is no pair "videos" here/),
    });
  });
});

describe('s3-backfill reconciliations of another pair', () => {
  const other = useEngine({ pipeline: { pair: 'fresh' } });
  const typedThere = () =>
    type(`reconciliations fresh --endpoint-url ${other().engine.endpoint}`, { env: environmentOf(other().engine) });

  it('says that there are none yet', async () => {
    expect(await typedThere()).toEqual({ code: 0, stdout: 'No reconciliations yet.\n', stderr: '' });
  });

  it('says to deploy it again where it was deployed before there was a history', async () => {
    const { sfn, pipeline } = other();
    await sfn.send(
      new UntagResourceCommand({ resourceArn: pipeline.stateMachineArn, tagKeys: [pairTags.reconciliations] }),
    );
    expect(await typedThere()).toEqual({
      code: 2,
      stdout: '',
      stderr:
        's3-backfill: Pair "fresh" has no history of reconciliations: its state machine has no tag s3-backfill:reconciliations. Deploy the pair again; from then on it is reconciled every day.\n',
    });
  });
});
