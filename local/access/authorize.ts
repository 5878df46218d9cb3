import type { AccessOptions, AwsCall } from './aws-call.js';
import { isRootOf } from './principals.js';

/** Whether a call may be made. Asked once for each, before it is made. */
export type Authorize = (call: AwsCall) => boolean;

/** @returns undefined where nobody listens: then no service puts a call into words. */
export function authorizer({ permits, onCall }: AccessOptions, accountId: string): Authorize | undefined {
  if (!permits && !onCall) return undefined;
  return (call) => {
    const allowed = isRootOf(call.principal, accountId) || (permits?.(call) ?? true);
    onCall?.(call, allowed);
    return allowed;
  };
}
