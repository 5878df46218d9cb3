import { queries } from '../adapters/ports.js';
import { checkQueryInput } from '../contracts/states.js';
import { checkQuery } from '../core/reconcile/check-query.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State CheckQuery: see core/reconcile/check-query.ts. */
export const handler = traced(handle(checkQueryInput, queries, ({ ports }, input) => checkQuery(ports, input)));
