import { runRequest, type RunRequest } from '../../contracts/run-request.js';
import { BackfillError } from '../errors.js';

/** Checks the input of an execution and fills in defaults. Throws InvalidRequest with the path of each wrong field, or SourceIsDestination. */
export function parseRequest(input: unknown): RunRequest {
  const parsed = runRequest.safeParse(input, { reportInput: false });
  if (!parsed.success) {
    const issues = parsed.error.issues.map(
      ({ path, message }) => `${path.length > 0 ? path.join('.') : 'the input'}: ${message}`,
    );
    throw new BackfillError(
      'InvalidRequest',
      `${issues.join('; ')}. The fields of a request are listed in the README.`,
    );
  }
  refuseOverlap(parsed.data);
  return parsed.data;
}

/** One bucket under equal or nested prefixes would copy onto itself, or copy its own copies. */
function refuseOverlap({ source, destination }: RunRequest): void {
  if (source.bucket !== destination.bucket) return;
  const from = source.prefix ?? '';
  const to = destination.prefix ?? from;
  if (from.startsWith(to) || to.startsWith(from))
    throw new BackfillError(
      'SourceIsDestination',
      `Expected a destination apart from the source; both are in ${source.bucket}, under "${from}" and "${to}". Name another bucket, or prefixes of which neither begins with the other.`,
    );
}
