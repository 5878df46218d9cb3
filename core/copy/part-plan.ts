/** S3's bounds. Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits", "Copying objects". */
export const LARGEST_COPY = 5 * 1024 ** 3;
export const LARGEST_PART = 5 * 1024 ** 3;
export const SMALLEST_PART = 5 * 1024 ** 2;
export const MOST_PARTS = 10_000;
/** A part copy takes a range only of a source that is larger. */
const SMALLEST_RANGED_SOURCE = 5 * 1024 ** 2;

const MIB = 1024 ** 2;
/** Of parts that are ours to choose: large enough for few requests, small enough to be tried again. */
const USUAL_PART = 256 * MIB;

export interface PlannedPart {
  /** From 1. */
  number: number;
  /** Bytes, `end` exclusive; undefined for the whole object. */
  range: { start: number; end: number } | undefined;
}

/** Whether an upload may have parts of these sizes: S3's own do, those of other servers may not. */
export function areKeepable(sizes: readonly number[]): boolean {
  return (
    sizes.length <= MOST_PARTS &&
    sizes.every((size, index) => size <= LARGEST_PART && (size >= SMALLEST_PART || index === sizes.length - 1))
  );
}

/** Part sizes for an object of `size` bytes whose own parts cannot be kept: equal ones, in whole MiB, at most 10,000. */
export function choosePartSizes(size: number): number[] {
  const least = Math.ceil(size / MOST_PARTS / MIB) * MIB;
  const part = Math.max(USUAL_PART, least);
  return Array.from({ length: Math.max(1, Math.ceil(size / part)) }, (_, index) => Math.min(part, size - index * part));
}

/** The ranges of parts of these sizes, in order. */
export function planParts(sizes: readonly number[]): PlannedPart[] {
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.length === 1 && whole <= SMALLEST_RANGED_SOURCE) return [{ number: 1, range: undefined }];
  let start = 0;
  return sizes.map((size, index) => {
    const range = { start, end: start + size };
    start = range.end;
    return { number: index + 1, range };
  });
}
