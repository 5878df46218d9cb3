import type { OwnObject } from '../own-prefix.js';
import { broken, held, type Verdict } from '../verdict.js';

/** Whether an object arrived whole: its bytes, its content type, user metadata and tags. `found` is undefined where it did not. */
export function expectArrived(written: OwnObject, found: OwnObject | undefined, address: string): Verdict {
  if (!found) return broken(`${address} to be there`, 'no such object', 'See what deletes at the destination.');
  if (!found.body.equals(written.body))
    return broken(
      `${address} with the ${written.body.length} bytes of its source`,
      `${found.body.length} bytes that are not the same`,
      'See what writes at the destination.',
    );
  for (const part of ['contentType', 'metadata', 'tags'] as const) {
    const [expected, came] = [words(written[part]), words(found[part])];
    if (expected !== came)
      return broken(
        `${address} with ${NAMES[part]} ${expected}`,
        came,
        part === 'tags'
          ? 'Allow s3:GetObjectTagging at the source and s3:PutObjectTagging at the destination to the role of the pair.'
          : 'See what writes at the destination.',
      );
  }
  return held(address);
}

const NAMES = { contentType: 'the content type', metadata: 'the user metadata', tags: 'the tags' };

/** S3 keeps no order of tags and metadata. */
function words(part: string | Readonly<Record<string, string>>): string {
  return typeof part === 'string'
    ? part
    : JSON.stringify(Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}
