/** A value that JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * JSON on its way between states. Step Functions stores, shows and measures the text, and hands an untouched input on
 * character by character; the value is parsed when an expression first asks for it, and is never changed in place.
 */
export class Payload {
  #value: Json | undefined;
  #bytes: number | undefined;

  private constructor(readonly text: string) {}

  /** `text` must be valid JSON: whoever takes it from outside parses it first. */
  static ofText(text: string): Payload {
    return new Payload(text);
  }

  static ofValue(value: Json): Payload {
    return new Payload(JSON.stringify(value));
  }

  get value(): Json {
    this.#value ??= JSON.parse(this.text) as Json;
    return this.#value;
  }

  /** UTF-8 bytes of the text. */
  get bytes(): number {
    this.#bytes ??= Buffer.byteLength(this.text);
    return this.#bytes;
  }
}
