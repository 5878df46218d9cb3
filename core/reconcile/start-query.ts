import { createHash } from 'node:crypto';
import type { FoundInventories, ReconcileQuery } from '../../contracts/reconciliation.js';
import type { Ports } from '../ports.js';

/** So often each query asks for the time from which on objects are newer. */
const TIMES: Record<ReconcileQuery, number> = { count: 3, difference: 1 };

/** State StartQuery: starts one of a reconciliation's queries. Started again for the same execution it is the same query. */
export async function startQuery(
  ports: Pick<Ports, 'queries'>,
  input: { execution: string; query: ReconcileQuery; sql: Record<ReconcileQuery, string>; found: FoundInventories },
): Promise<{ id: string; waitSeconds: number }> {
  const { query, sql, found } = input;
  if (!found.parameters) throw new Error('expected inventories that Athena can compare');
  const { common, judgedBefore } = found.parameters;
  const parameters = [...common, ...Array.from({ length: TIMES[query] }, () => judgedBefore)];
  const token = createHash('sha256')
    .update(`${input.execution} ${query} ${parameters.join(' ')}`)
    .digest('hex');
  return { id: await ports.queries.start(sql[query], parameters, token), waitSeconds: 5 };
}
