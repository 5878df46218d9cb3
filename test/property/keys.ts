import * as fc from 'fast-check';

/** Characters on both sides of every boundary at which UTF-8, UTF-16, URLs, CSV, JSON or shells change their mind. */
export const boundaryCharacter = fc.constantFrom(
  ...[0x00, 0x01, 0x09, 0x0a, 0x0d, 0x7f, 0x80, 0x7ff, 0x800, 0x2028, 0x2029, 0xd7ff, 0xe000, 0xfeff].map((code) =>
    String.fromCodePoint(code),
  ),
  ...[0xfffd, 0xfffe, 0xffff, 0x10000, 0x10001, 0x1f600, 0x10fffe, 0x10ffff].map((code) => String.fromCodePoint(code)),
  ...Array.from(' !"%&\'*+,-./0=?@AZ\\_az{}~'),
);

/** Keys that meet each other often: few characters, hostile ones. Well-formed, as what came out of UTF-8 is. */
export const anyKey = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: boundaryCharacter, maxLength: 6 }) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', '\uFFFF', '\u{10000}', '\u{10FFFF}'), maxLength: 5 }),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);

/** Keys of 1,000 bytes and more, with any end. */
export const longKey = fc
  .tuple(boundaryCharacter, fc.integer({ min: 960, max: 1_040 }), anyKey)
  .map(([filler, bytes, end]) => filler.repeat(Math.ceil(bytes / Buffer.byteLength(filler))) + end);
