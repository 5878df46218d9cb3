import type { AccessOptions, AwsCall } from './aws-call.js';
import { isRootOf } from './principals.js';

/**
 * Whether a call may be made. Asked once for each, before it is made.
 * @param byResource what the resource's own policy says of a service of AWS: that alone decides
 */
export type Authorize = (call: AwsCall, byResource?: boolean) => boolean;

/** @returns undefined where nobody listens: then no service puts a call into words. */
export function authorizer({ permits, onCall }: AccessOptions, accountId: string): Authorize | undefined {
  if (!permits && !onCall) return undefined;
  return (call, byResource) => {
    const allowed = byResource ?? (isRootOf(call.principal, accountId) || (permits?.(call) ?? true));
    onCall?.(call, allowed);
    return allowed;
  };
}
