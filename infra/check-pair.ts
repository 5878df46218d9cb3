import { Token } from 'aws-cdk-lib';
import { pair, pairs, type Pair, type PairInput } from '../contracts/pair.js';

/**
 * Checks a pair and fills in its defaults. Buckets may be names that CloudFormation knows only when it deploys.
 * Throws with the path of each wrong field.
 */
export function checkPair(input: PairInput): Pair {
  if (typeof input !== 'object' || input === null)
    throw new PairError(
      'Expected a pair: S3Backfill takes {pair: {…}}. The fields of a pair are listed in docs/deploy.md.',
    );
  for (const side of ['source', 'destination', 'inventory', 'destinationInventory'] as const)
    if (Token.isUnresolved(input[side]?.prefix))
      throw new PairError(`${side}.prefix: expected text; a prefix that only CloudFormation knows cannot be checked.`);
  const { checked, restore } = withoutTokens(input);
  const parsed = pair.safeParse(checked);
  if (!parsed.success) throw new PairError(explain('The pair', parsed.error.issues));
  return restore(parsed.data);
}

/** Checks the list of pairs of context `backfill`. Throws with the path of each wrong field. */
export function checkPairs(input: unknown): Pair[] {
  const parsed = pairs.safeParse(input);
  if (!parsed.success)
    throw new PairError(
      explain('The list of pairs under context "backfill" in cdk.json', parsed.error.issues, namesIn(input)),
    );
  return parsed.data;
}

/** A pair that cannot be deployed. The message is for whoever wrote it. */
export class PairError extends Error {
  override readonly name = 'PairError';
}

function explain(
  what: string,
  issues: readonly { path: PropertyKey[]; message: string }[],
  names: readonly string[] = [],
): string {
  const lines = issues.map(({ path, message }) => {
    const [first, ...rest] = path;
    const named = typeof first === 'number' ? [names[first] ?? first, ...rest] : path;
    return `  ${named.map(String).join('.') || 'the value'}: ${message.replace(/^Invalid input: (expected .*), received undefined$/, '$1, and there is none')}`;
  });
  return `${what} cannot be deployed:\n${lines.join('\n')}\nThe fields of a pair are listed in docs/deploy.md.`;
}

/** The pairs' names, by which people know them. */
function namesIn(input: unknown): string[] {
  if (!Array.isArray(input)) return [];
  return input.map((each: { name?: unknown } | null, index) =>
    typeof each?.name === 'string' ? each.name : `${index}`,
  );
}

/** Puts names in the place of tokens while the schema looks at them, and the tokens back afterwards. */
function withoutTokens(input: PairInput): { checked: PairInput; restore: (checked: Pair) => Pair } {
  const tokens = new Map<string, string>();
  const swap = (value: string): string => {
    if (!Token.isUnresolved(value)) return value;
    const known = [...tokens].find(([, token]) => token === value);
    const name = known?.[0] ?? `bucket-named-at-deployment-${tokens.size}`;
    tokens.set(name, value);
    return name;
  };
  const swapIn = <T extends { bucket: string }>(side: T, change: (value: string) => string): T => ({
    ...side,
    bucket: change(side.bucket),
  });
  const swappedRestore = (restore: PairInput['restore'], change: (value: string) => string) => ({
    restore: { ...restore, ...(restore?.to ? { to: restore.to.map((target) => swapIn(target, change)) } : {}) },
  });
  const swapped = <T extends PairInput>(whole: T, change: (value: string) => string): T => ({
    ...whole,
    source: swapIn(whole.source, change),
    destination: swapIn(whole.destination, change),
    inventory: swapIn(whole.inventory, change),
    ...(whole.destinationInventory ? { destinationInventory: swapIn(whole.destinationInventory, change) } : {}),
    ...(whole.restore ? swappedRestore(whole.restore, change) : {}),
  });
  const isComplete = [
    input.source,
    input.destination,
    input.inventory,
    ...(input.destinationInventory === undefined ? [] : [input.destinationInventory]),
    ...(Array.isArray(input.restore?.to) ? input.restore.to : []),
  ].every((side) => typeof side?.bucket === 'string');
  return {
    checked: isComplete ? swapped(input, swap) : input,
    restore: (checked) => swapped(checked, (value) => tokens.get(value) ?? value),
  };
}
