import { startEngine } from '../../local/engine.js';

/**
 * A second S3 server with keys of its own, for a process of its own: fills a source, delivers its inventory, says in one
 * line of JSON where it is, and stays until it is killed. Arguments: number of objects.
 */
const count = Number(process.argv[2]);
const credentials = { accessKeyId: 'other-key', secretAccessKey: 'other-secret' };
const { s3, endpoint } = await startEngine({ credentials, region: 'eu-central-1' });
for (const bucket of ['their-source', 'their-destination', 'their-inventory']) s3.createBucket(bucket);
const lastWeek = Date.now() - 7 * 86_400_000;
for (let index = 0; index < count; index++)
  s3.putObject('their-source', `folder ${index % 7}/object+${index}.txt`, Buffer.from(`body ${index}`), {
    lastModified: lastWeek,
  });
const { manifestKey } = s3.deliverInventory({
  bucket: 'their-source',
  destinationBucket: 'their-inventory',
  configId: 'all',
  files: 3,
});
process.stdout.write(
  `${JSON.stringify({
    endpoint,
    credentials,
    request: {
      source: { bucket: 'their-source' },
      destination: { bucket: 'their-destination' },
      manifest: `s3://their-inventory/${manifestKey}`,
    },
  })}\n`,
);
