import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { otherPrices, prices } from '../../bench/model/prices.js';
import { sumOf, wayCosts, type Parts } from '../../bench/model/ways.js';
import { projectRoot } from '../../local/bundle.js';

const MIB = 1024 ** 2;

it('What docs/which-one.md says in sentences is what the model says', async () => {
  const page = await readFile(join(projectRoot, 'docs/which-one.md'), 'utf8');
  const { backfill, dataSync, batchReplication } = wayCosts;
  const secondsOfSync = 1e5 / 100;
  for (const sentence of [
    `takes $${cents(backfill.there)} for a million objects that are there; DataSync takes $${cents(dataSync.there)}, and S3 Batch Replication $${cents(batchReplication.there)} `,
    `a million objects of 1 MiB are ${(1e6 / MIB).toFixed(2)} TB`,
    `${(MIB / 8).toLocaleString('en')} requests more a TB`,
    `(\`aws s3 sync\`): $${((MIB / 8) * prices.s3Write.usd).toFixed(2)}.`,
    `a HEAD and a GET more, $${cents([['', 2e6 * prices.s3Read.usd]])} a million`,
    `copies each once more, $${cents([['', 2e6 * prices.s3Read.usd + 1e6 * prices.s3Write.usd]])} a million`,
    `five times every 20 seconds while they are idle: $${(2 * 5 * 3 * 60 * 24 * 30 * otherPrices.queueRequest.usd).toFixed(2)} a month`,
    `${Math.round(secondsOfSync / 60)} minutes for 100,000 and ${(secondsOfSync / 360).toFixed(1)} hours for a million`,
    `one job for a million objects, $${prices.batchJob.usd} of it`,
  ])
    expect(page).toContain(sentence);
});

it('What the README says of the cost of a run is what the model says', async () => {
  const readme = await readFile(join(projectRoot, 'README.md'), 'utf8');
  const { copied } = wayCosts.backfill;
  expect(readme).toContain(`copied and proved for about $${cents(copied)} on AWS`);
  expect(sumOf(wayCosts.backfill.there ?? [])).toBeCloseTo(0.04, 2);
});

it('S3 Replication costs the least an object of all that keep a destination up to date, and events less than twice as much', () => {
  const [replication, events] = [sumOf(wayCosts.replication.copied), sumOf(wayCosts.events.copied)];
  expect(events).toBeGreaterThan(replication);
  expect(events).toBeLessThan(2 * replication);
});

function cents(parts: Parts | undefined): string {
  return sumOf(parts ?? []).toFixed(2);
}
