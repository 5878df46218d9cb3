import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compareKeys } from '../../core/keys.js';
import { grantsOf, isUnder, type Grant } from '../support/iam.js';
import { DESTINATION, openLivePair, SOURCE, type LivePairUnderTest } from '../support/live-pair.js';

/** What is granted and used by no scenario here, and why it is granted all the same. */
const GRANTED_UNUSED: readonly { what: RegExp; why: string }[] = [
  { what: / logs:/, why: 'Lambda writes the log itself; the engine has no CloudWatch Logs.' },
  { what: / xray:/, why: 'Lambda sends traces itself; the engine has no X-Ray.' },
  {
    what: /^PrepareRun s3:AbortMultipartUpload \S+\/failures\.csv$/,
    why: 'A list of more than 8 MiB that is given up half written: its parts are dropped.',
  },
];
const MIB = 1024 ** 2;

let test: LivePairUnderTest;

describe('The roles of a live pair of both directions with deletions', () => {
  beforeAll(async () => {
    test = await openLivePair({
      pair: {
        direction: 'both',
        propagateDeletes: true,
        source: { bucket: SOURCE, prefix: 'in/' },
        destination: { bucket: DESTINATION, prefix: 'out/' },
      },
    });
    await playScenarios(test);
  }, 600_000);
  afterAll(() => test.close());

  it('allow every call that is made', () => {
    expect(test.denied).toEqual([]);
    expect(test.callsOf('sync-object').length).toBeGreaterThan(50);
    expect(test.callsOf('record-dead-letter').length).toBeGreaterThan(3);
  });

  it('allow nothing that nothing uses, but for what is listed with its reason', () => {
    const unused = grants(test)
      .filter((grant) => !test.calls.some((call) => isUnder(grant, call)))
      .map(({ role, action, resource }) => `${role} ${action} ${resource}`);
    expect(unused.filter((name) => !GRANTED_UNUSED.some(({ what }) => what.test(name)))).toEqual([]);
    for (const { what } of GRANTED_UNUSED) expect(unused.filter((name) => what.test(name))).not.toEqual([]);
  });

  it('do not reach beyond the pair', () => {
    for (const { resource } of grants(test).filter(
      ({ action, role }) => action.startsWith('s3:') && role !== 'PrepareRun',
    ))
      expect(resource).toMatch(
        /^arn:aws:s3:::(?:photos|photos\/in\/\*|photos-replica|photos-replica\/out\/\*|backfillworkbucket\w+(?:\/live\/photos\/uploads\/\*)?)$/,
      );
  });
});

/** What between them makes every kind of call: see each comment. */
async function playScenarios(live: LivePairUnderTest): Promise<void> {
  const { engine } = live;
  const { s3 } = engine;
  const { faults } = s3;
  const ways = [
    { from: SOURCE, prefix: 'in/', back: 'out/', to: DESTINATION },
    { from: DESTINATION, prefix: 'out/', back: 'in/', to: SOURCE },
  ];
  for (const { from, prefix, back, to } of ways) {
    // Tagged, in parts, and deleted again; an upload whose part is refused is aborted, and goes well the second time.
    s3.putObject(from, `${prefix}tagged ${from}`, Buffer.from('tagged'), { tags: { kind: 'holiday' } });
    faults.add({ operation: 'UploadPartCopy', bucket: to, times: 1, effect: { error: 'AccessDenied' } });
    s3.putObject(from, `${prefix}parts ${from}`, { zeros: 12 * MIB }, { multipartParts: 2, tags: { kind: 'large' } });
    s3.putObject(from, `${prefix}gone ${from}`, Buffer.from('gone soon'));
    await engine.idle();
    s3.deleteObject(from, `${prefix}gone ${from}`);
    await engine.idle();
    expect([...s3.listObjects(to)].map(({ key }) => key)).toEqual(
      expect.arrayContaining([`${back}tagged ${from}`, `${back}parts ${from}`]),
    );
    expect(s3.getObject(to, `${back}gone ${from}`)).toBeUndefined();
  }
  // Refused until the queue gives it up: in the failure table; redriven by a run, by the queue, and made good by itself.
  const day = `live-${new Date().toISOString().slice(0, 10)}`;
  const refusal = faults.add({ operation: 'CopyObject', bucket: DESTINATION, effect: { error: 'AccessDenied' } });
  for (const key of ['by a run', 'by the queue', 'by itself']) s3.putObject(SOURCE, `in/${key}`, Buffer.from(key));
  await engine.idle();
  expect(await live.failures(day)).toHaveLength(3);
  refusal.remove();
  s3.putObject(SOURCE, 'in/by itself', Buffer.from('once more'));
  await engine.idle();
  expect(await live.startAndWait({ manifest: { failuresOf: day }, include: ['in/by a run'] })).toMatchObject({
    status: 'SUCCEEDED',
  });
  expect(await live.syncByHand({ failuresOf: day })).toEqual({ failuresOf: day, keys: 1 });
  await engine.idle();
  expect((await live.failures(day)).map(({ key, status }) => `${key}: ${status}`).toSorted(compareKeys)).toEqual([
    'in/by a run: resolved',
    'in/by itself: resolved',
    'in/by the queue: resolved',
  ]);
}

/** Of the functions of the live copy, what PrepareRun may do for its failures, and where a run announces its copies. */
function grants({ pipeline }: LivePairUnderTest): Grant[] {
  return grantsOf(pipeline.policies).filter(
    ({ role, action, resource }) =>
      ['SyncObject', 'RecordDeadLetter', 'SendEvents'].includes(role) ||
      (role === 'CopyChunk' && resource.includes('LiveRecords')) ||
      (role === 'PrepareRun' && (action.startsWith('dynamodb:') || resource.endsWith('failures.csv'))),
  );
}
