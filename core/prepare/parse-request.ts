import { isOverlap, type RunBounds } from '../../contracts/pair.js';
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
  return request;
}

function parse(input: unknown): RunRequest {
  const parsed = runRequest.safeParse(input, { reportInput: false });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${path.length > 0 ? path.join('.') : 'the input'}: ${message}`,
  );
  throw new BackfillError('InvalidRequest', `${issues.join('; ')}. The fields of a request are listed in the README.`);
}

function overlap({ source, destination }: RunRequest): BackfillError {
  const from = source.prefix ?? '';
  return new BackfillError(
    'SourceIsDestination',
    `Expected a destination apart from the source; both are in ${source.bucket}, under "${from}" and "${destination.prefix ?? from}". Name another bucket, or prefixes of which neither begins with the other.`,
  );
}
