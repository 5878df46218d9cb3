import { queries } from '../adapters/ports.js';
import { startQueryInput } from '../contracts/states.js';
import { startQuery } from '../core/reconcile/start-query.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State StartQuery: see core/reconcile/start-query.ts. */
export const handler = traced(handle(startQueryInput, queries, ({ ports }, input) => startQuery(ports, input)));
