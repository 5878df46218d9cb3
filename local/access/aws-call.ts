/** One thing that a request does, in IAM's words. */
export interface AwsCall {
  /** ARN of whoever does it, as it was added to the engine or given to the state machine. */
  principal: string;
  /** ARN by which errors name the principal: a role by its session. */
  caller?: string | undefined;
  /** `s3:GetObject` and its kin. */
  action: string;
  /** ARN; `*` where AWS knows no resource of the action. */
  resource: string;
  /** The condition keys that are known of this request. */
  context: Readonly<Record<string, string | readonly string[]>>;
}

/** Who listens to the calls, and who decides about them. */
export interface AccessOptions {
  /** Whether a call may be made; without it, all may. The account's root is not asked about: it may do everything. */
  permits?: (call: AwsCall) => boolean;
  /** Told of each call that is about to be made, or denied. */
  onCall?: (call: AwsCall, allowed: boolean) => void;
}
