/** What was typed cannot be done as it was typed. The message says what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
