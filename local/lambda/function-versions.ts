import type { FunctionDefinition } from './function-definition.js';

/** The qualifier of what is not published. */
export const LATEST = '$LATEST';

/** A function as it is, and as it was each time that it was published. */
export class FunctionVersions {
  #latest: FunctionDefinition | undefined;
  /** The first one is version 1. */
  readonly #published: FunctionDefinition[] = [];

  get latest(): FunctionDefinition {
    if (!this.#latest) throw new Error('A function has a definition before it is used.');
    return this.#latest;
  }

  replaceLatest(definition: FunctionDefinition): void {
    // Kept apart from the caller's own object, which may change.
    this.#latest = structuredClone(definition);
  }

  /** Answers the number of the version; as on AWS no new one where nothing has changed since the last. */
  publish(): string {
    const { latest } = this;
    const last = this.#published.at(-1);
    if (!last || codeAndConfiguration(last) !== codeAndConfiguration(latest)) this.#published.push(latest);
    return String(this.#published.length);
  }

  /** @param version `$LATEST` or a number */
  get(version: string): FunctionDefinition | undefined {
    return version === LATEST ? this.#latest : this.#published.find((_, index) => String(index + 1) === version);
  }
}

/** Reserved concurrency belongs to the function and makes no version. */
function codeAndConfiguration({
  name,
  bundle,
  handlerName,
  environment,
  timeoutMs,
  memoryMb,
  role,
}: FunctionDefinition): string {
  const variables = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([name, bundle, handlerName ?? 'handler', variables, timeoutMs, memoryMb, role]);
}
