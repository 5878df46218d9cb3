import { createSocket } from 'node:dgram';
import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../local/bundle.js';

const TRACE = '1-5759e988-bd862e3fe1be46a994272793';

describe('A traced handler', () => {
  it('tells X-Ray of each invocation: whose it is, of which run and pass, and nothing of the event', async () => {
    const [segment] = await segmentsOf('succeed');
    expect(segment).toMatchObject({
      name: '## s3-backfill-photos-tally-pass',
      type: 'subsegment',
      trace_id: TRACE,
      parent_id: '53995c3f42cd8ad8',
      annotations: { run: 'first', pass: 2 },
    });
    expect(JSON.stringify(segment)).not.toContain('nobody');
  });

  it('and of what it threw', async () => {
    const [segment] = await segmentsOf('fail');
    expect(segment).toMatchObject({ fault: true, cause: { exceptions: [{ message: 'It failed.' }] } });
  });
});

/** The segments that X-Ray's daemon receives from a process that handles one event. */
async function segmentsOf(how: 'succeed' | 'fail'): Promise<object[]> {
  const daemon = createSocket('udp4');
  const received: object[] = [];
  daemon.on('message', (message) => received.push(JSON.parse(message.toString().split('\n')[1] ?? '{}') as object));
  await new Promise<void>((resolve) => daemon.bind(0, '127.0.0.1', resolve));
  try {
    await promisify(execFile)(process.execPath, ['--import', 'tsx', join(__dirname, 'traced-program.ts'), how], {
      cwd: projectRoot,
      env: {
        PATH: process.env['PATH'],
        LAMBDA_TASK_ROOT: projectRoot,
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.address().port}`,
        _X_AMZN_TRACE_ID: `Root=${TRACE};Parent=53995c3f42cd8ad8;Sampled=1`,
      },
    });
    return received;
  } finally {
    daemon.close();
  }
}
