import { batchReplicationIssues } from '../../contracts/batch-replication-issues.js';
import type { RunBounds } from '../../contracts/pair.js';
import { isOverlap } from '../../contracts/side.js';
import { runRequest, type RunRequest } from '../../contracts/run-request.js';
import { BackfillError } from '../errors.js';
import { expectWithin, pairRequest } from './pair-bounds.js';

/**
 * Checks the input of an execution and fills in defaults: the pair's, where it has bounds, else only those of the fields.
 * Throws InvalidRequest with the path of each wrong field, SourceIsDestination, or OutsidePair where the request asks for
 * more than the pair is.
 */
export function parseRequest(input: unknown, bounds?: RunBounds, workBucket = ''): RunRequest {
  const request = parse(bounds ? pairRequest(input, bounds) : input);
  if (bounds) expectWithin(request, bounds, workBucket);
  if (isOverlap(request.source, request.destination)) throw overlap(request);
  const issues = request.engine === 'batch-replication' ? batchReplicationIssues(request) : [];
  if (issues.length > 0) throw invalid(issues);
  return request;
}

function parse(input: unknown): RunRequest {
  const parsed = runRequest.safeParse(input, { reportInput: false });
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues);
}

function invalid(issues: readonly { path: readonly PropertyKey[]; message: string }[]): BackfillError {
  const words = issues.map(
    ({ path, message }) => `${path.length > 0 ? path.map(String).join('.') : 'the input'}: ${message}`,
  );
  return new BackfillError('InvalidRequest', `${words.join('; ')}. The fields of a request are listed in the README.`);
}

function overlap({ source, destination }: RunRequest): BackfillError {
  const from = source.prefix ?? '';
  return new BackfillError(
    'SourceIsDestination',
    `Expected a destination apart from the source; both are in ${source.bucket}, under "${from}" and "${destination.prefix ?? from}". Name another bucket, or prefixes of which neither begins with the other.`,
  );
}
