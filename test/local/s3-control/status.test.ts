import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../step-functions/support/manual-clock.js';
import { rule, useJobs } from './support/jobs.js';

const clock = new ManualClock();
const test = useJobs(clock);

describe('The status of a job', () => {
  it('goes from New to Complete by the engine’s clock', async () => {
    await test().replicate(rule());
    const { versionId } = test().engine.s3.putObject('photos', 'a', Buffer.from('x'));
    await test().engine.s3.replication.settled();
    const jobId = await test().create({ Manifest: test().manifest([`photos,a,${versionId}`]) });
    const seen: string[] = [];
    for (;;) {
      const { Status = '' } = await test().describe(jobId);
      if (Status !== seen.at(-1)) seen.push(Status);
      if (Status === 'Complete') break;
      await clock.advance(1_000);
    }
    expect(seen.filter((status) => status !== 'Active')).toEqual([
      'New',
      'Preparing',
      'Ready',
      'Completing',
      'Complete',
    ]);
  });
});
