/** A pair or a run that was named is not there. The message says where it was expected. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}
