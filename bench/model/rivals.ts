import { prices } from './prices.js';
import { quotas } from './quotas.js';
import type { Workload } from './workload.js';

export interface Rival {
  name: string;
  /** US dollars that the service itself takes. */
  service: number;
  /** S3's requests that it makes, and the inventory that it reads. */
  requests: number;
  note: string;
}

/** What AWS's own services take for the same run, transfer between Regions aside. @param objectKb size of an object */
export function rivalsOf({ objects, kind }: Workload, objectKb: number): Rival[] {
  const copies = kind === 'copying' ? objects : 0;
  const jobs = Math.ceil(objects / quotas.batchObjects);
  const batch = jobs * prices.batchJob.usd + objects * prices.batchObject.usd;
  const inventory = objects * prices.inventoryObject.usd;
  const gb = (copies * objectKb) / 1024 ** 2;
  return [
    {
      name: 'S3 Batch Operations, Copy',
      service: batch,
      requests: objects * prices.s3Write.usd + inventory,
      note: 'copies every object of the manifest, also those that are there; proves none',
    },
    {
      name: 'S3 Batch Replication',
      service: batch,
      requests: copies * prices.s3Write.usd + inventory,
      note: 'needs versioning and a replication rule; checks what is there by itself',
    },
    {
      name: 'DataSync, Enhanced mode',
      service: prices.dataSyncTask.usd + gb * prices.dataSyncGb.usd,
      // Lists both sides, a HEAD of each source object, GET and PUT of what it copies, and a HEAD to verify it.
      requests:
        (2 * objects * prices.s3Write.usd) / 1000 +
        objects * prices.s3Read.usd +
        copies * (prices.s3Write.usd + 2 * prices.s3Read.usd),
      note: `objects of ${objectKb} KB; by the GB`,
    },
  ];
}
