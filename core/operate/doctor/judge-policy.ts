import * as z from 'zod';
import { globMatcher } from '../../inventory/glob.js';
import type { BucketFacts } from './facts.js';
import { mayNotLook, note, ok, type Finding } from './finding.js';

/**
 * Names the Deny statements of a bucket policy that a role of the pair could meet. It does not evaluate them: who a role
 * is, and under which conditions it calls, only a run shows.
 * @param actions what the pair's roles do there, as IAM names it
 */
export function judgePolicy(check: string, { bucket, policy }: BucketFacts, actions: readonly string[]): Finding {
  if (policy.kind === 'refused') return mayNotLook(check, policy.code, `s3:GetBucketPolicy on s3://${bucket}`);
  if (policy.value === undefined) return ok(check, 'none');
  const statements = statementsOf(policy.value);
  if (!statements)
    return note(check, 'a policy that can be read', 'another form than AWS documents', 'Look through it by hand.');
  const denying = statements.flatMap((statement, index) =>
    couldMeet(statement, actions) ? [statement.Sid ? `"${statement.Sid}"` : `number ${index + 1}, without a Sid`] : [],
  );
  if (denying.length === 0) return ok(check, `nothing that denies what a run does, in ${count(statements.length)}`);
  return note(
    check,
    'no Deny that a role of the pair could meet',
    `${denying.length === 1 ? 'statement' : 'statements'} ${denying.join(', ')}`,
    "See that its conditions leave out the pair's roles; the run of the doctor, or a self-test, shows it.",
  );
}

const words = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const statement = z.object({
  Sid: z.string().optional(),
  Effect: z.string(),
  Action: words.optional(),
  NotAction: words.optional(),
  Principal: z.unknown().optional(),
  NotPrincipal: z.unknown().optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
type Statement = z.infer<typeof statement>;

const policyDocument = z.object({
  Statement: z.union([statement, z.array(statement)]).transform((value) => [value].flat()),
});

function statementsOf(text: string): Statement[] | undefined {
  try {
    return policyDocument.safeParse(JSON.parse(text)).data?.Statement;
  } catch {
    return undefined;
  }
}

function couldMeet(statement: Statement, actions: readonly string[]): boolean {
  return (
    statement.Effect === 'Deny' &&
    !isOfServicesOnly(statement) &&
    !isAgainstHttp(statement) &&
    covers(statement, actions)
  );
}

/** IAM compares actions without regard to case, and takes `*` and `?`. */
function covers({ Action, NotAction }: Statement, actions: readonly string[]): boolean {
  const matches = (patterns: readonly string[], action: string) =>
    patterns.some((pattern) => globMatcher(pattern.toLowerCase())(action.toLowerCase()));
  if (Action) return actions.some((action) => matches(Action, action));
  return NotAction !== undefined && actions.some((action) => !matches(NotAction, action));
}

/** `{"Service": …}` and nothing beside it. */
function isOfServicesOnly({ Principal, NotPrincipal }: Statement): boolean {
  if (NotPrincipal !== undefined || typeof Principal !== 'object' || Principal === null) return false;
  const kinds = Object.keys(Principal);
  return kinds.length > 0 && kinds.every((kind) => kind === 'Service');
}

/** The one Deny that many buckets have: without TLS. A run always has it, and all conditions of a statement must hold. */
function isAgainstHttp({ Condition }: Statement): boolean {
  return Object.entries(Condition).some(
    ([operator, operands]) =>
      operator.startsWith('Bool') &&
      Object.entries(operands).some(
        ([key, value]) => key.toLowerCase() === 'aws:securetransport' && String(value) === 'false',
      ),
  );
}

function count(statements: number): string {
  return statements === 1 ? '1 statement' : `${statements} statements`;
}
