import type { RestoreStatus } from '@aws-sdk/client-s3';
import type { SourceState } from '../../core/ports.js';

/** What a listing says of an object that S3 was asked to restore. */
export function restoreOf({
  RestoreStatus: status,
}: {
  RestoreStatus?: RestoreStatus | undefined;
}): Pick<SourceState, 'restore'> {
  return status === undefined ? {} : { restore: status.IsRestoreInProgress ? 'inProgress' : 'restored' };
}
