import { planPassInput } from '../contracts/states.js';
import { planPass } from '../core/inventory/plan-pass.js';
import { handle } from './runtime.js';

/** State PlanPass: see core/inventory/plan-pass.ts. */
export const handler = handle(planPassInput, ({ ports }, input) => planPass(ports, input));
