import { createS3Client, perRegion } from '../../adapters/s3/client.js';
import { S3ReplicationSetup } from '../../adapters/s3/replication-setup.js';
import { replicationEvent } from '../../contracts/managed-replication.js';
import { manageReplication } from '../../core/deploy/manage-replication.js';

/** Called by CloudFormation, through CDK's provider, for a pair with `live: "replication"`: see core/deploy/manage-replication.ts. */
export async function handler(event: unknown): Promise<{ PhysicalResourceId: string }> {
  const setup = new S3ReplicationSetup(perRegion((region) => createS3Client(region, ATTEMPTS)));
  return manageReplication(setup, replicationEvent.parse(event));
}

const ATTEMPTS = 8;
