import { describe, expect, it } from '@jest/globals';
import { environment } from '../../contracts/environment.js';
import { costOf, orchestrationOf, totalOf } from '../../bench/model/cost.js';
import { engineRun } from '../../bench/model/engine-run.js';
import { functionMemory } from '../../bench/model/functions.js';
import { childOf, type MapName } from '../../bench/model/machine.js';
import { design } from '../../bench/model/measured.js';
import { quotas } from '../../bench/model/quotas.js';
import { scheduleRun } from '../../bench/model/schedule-run.js';
import { placesOf } from '../../bench/model/spread.js';
import { timeOf } from '../../bench/model/time.js';
import { usageOf } from '../../bench/model/usage.js';
import type { Workload } from '../../bench/model/workload.js';
import { templateOf } from '../infra/synthesize.js';

/** 400 children, on the real state machine in virtual time. */
const WORKLOADS: [string, Workload][] = [
  ['a run that its workers bound', { objects: 2e6, kind: 'copying', concurrency: 20, prefixes: 20 }],
  [
    'a run that S3 holds back, whose workers are called again',
    { objects: 3e6, kind: 'copying', concurrency: 300, prefixes: 1 },
  ],
  ['a run that finds everything there', { objects: 2e6, kind: 'reconciling', concurrency: 20, prefixes: 1 }],
];

describe.each(WORKLOADS)('The model of %s', (_, workload) => {
  it('agrees with the real state machine: time and Lambda within a tenth, state transitions to the last one', async () => {
    const engine = await engineRun(workload, { countTransitions: true });
    const schedule = scheduleRun(workload);
    const model = timeOf(workload);
    expect(engine.status).toBe('SUCCEEDED');
    expect(schedule.seconds / engine.seconds).toBeCloseTo(1, 2);
    expect(schedule.cursors).toBe(engine.cursors);
    expect(engine.cursors > 0).toBe(workload.concurrency === 300);
    expect(Math.abs(model.seconds / engine.seconds - 1)).toBeLessThan(0.1);
    const [modelled, simulated] = [model.lambda.CopyChunk?.seconds ?? 0, engine.lambda.CopyChunk?.seconds ?? 0];
    expect(Math.abs(modelled / simulated - 1)).toBeLessThan(0.1);
    expect(usageOf(workload, engine.lambda, engine.retries).transitions).toBe(engine.transitions);
  });

  it('has costs that add up, of which those of S3’s requests are what the requests cost', () => {
    const usage = usageOf(workload, timeOf(workload).lambda);
    const cost = costOf(usage, workload);
    const { lambda, stepFunctions, table, logs, s3Requests, inventory, storage } = cost;
    expect(orchestrationOf(cost) + logs + s3Requests + inventory + storage).toBeCloseTo(totalOf(cost), 9);
    expect(lambda * stepFunctions * table).toBeGreaterThan(0);
    expect(usage.requests.copy).toBe(workload.kind === 'copying' ? workload.objects : 0);
  });
});

describe('The simulation', () => {
  it('tries a child again that Lambda has no place for, and gives what failed to another pass', async () => {
    const workload: Workload = { objects: 6e7, kind: 'copying', concurrency: 6_000, prefixes: 140 };
    const schedule = scheduleRun(workload);
    expect(schedule.throttled).toBeGreaterThan(0);
    expect(schedule.mostRunning).toBe(quotas.lambdaConcurrency);
    expect(schedule.passes > 1).toBe(schedule.failedChunks > 0);
  });

  it('takes the chunks in the order in which PlanPass spreads them', () => {
    expect([...placesOf(6)].map((place) => Math.round(place * 6))).toEqual([0, 4, 2, 1, 5, 3]);
  });
});

describe('What the model says of the deployment', () => {
  it('is what is deployed: memory and time of each function', () => {
    const template = templateOf();
    for (const [name, memory] of Object.entries(functionMemory))
      template.hasResourceProperties('AWS::Lambda::Function', {
        Description: `${name} of the pair photos (s3-backfill).`,
        MemorySize: memory,
        ...(['IndexFile', 'PlanPass', 'CopyChunk', 'VerifyChunk', 'TallyPass', 'ReportRun'].includes(name)
          ? { Timeout: quotas.lambdaSeconds }
          : {}),
      });
  });

  it('is what the definition says: each Map by the run’s workers, each task until Lambda’s time is over', () => {
    for (const map of ['IndexFiles', 'CopyChunks', 'VerifyChunks'] satisfies MapName[]) {
      const { concurrency, timeoutSeconds } = childOf(map);
      expect(concurrency).toBe('{% $run.maxConcurrency %}');
      expect(timeoutSeconds).toBe(quotas.lambdaSeconds + 10);
    }
    const settings = {
      BACKFILL_PAIR: 'p',
      BACKFILL_WORK_BUCKET: 'work',
      BACKFILL_FAILURE_TABLE: 'table',
      BACKFILL_RECONCILIATIONS: 'days',
    };
    expect(environment.parse(settings).BACKFILL_CHUNK_ROWS).toBe(design.chunkRows);
  });
});
