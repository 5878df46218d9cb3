import { inParallel } from '../parallel.js';
import type { CopyTools, RowToCopy } from './copy-row.js';
import type { Step } from './next-step.js';
import { withDestination, withSource, type Sides } from './sides.js';

/** HEADs of parts in flight at once. */
const HEADS_IN_FLIGHT = 16;

/** Looks at what has to be known next. `gone`: the source object does not exist any more. */
export async function look(
  tools: CopyTools,
  item: RowToCopy,
  sides: Sides,
  at: Extract<Step, { kind: 'look' }>['at'],
): Promise<Sides | 'gone'> {
  const { pair, pace } = tools;
  const { row, versionId, destinationKey } = item;
  switch (at) {
    case 'source': {
      const head = await pace.patiently(() => pair.headSource(row.key, { versionId }), 'source');
      return head ? withSource(sides, head, row) : 'gone';
    }
    case 'destination':
      return withDestination(
        sides,
        await pace.patiently(() => pair.headDestination(destinationKey, item.thereVersionId)),
      );
    case 'proofs':
      return { ...sides, onFile: await tools.proofOf(row.key, versionId) };
    case 'parts':
      return lookAtParts(tools, item, sides);
  }
}

/** A pin did not hold, and S3 says which only in a detail that not every server sends: both sides are looked at. */
export async function lookAgain(tools: CopyTools, item: RowToCopy, sides: Sides): Promise<Sides | 'gone'> {
  const seen = await look(tools, item, sides, 'source');
  return seen === 'gone' ? 'gone' : look(tools, item, seen, 'destination');
}

/** Parts may be uneven: each is asked for, unless an upload of this very object is under way and has them on file. */
async function lookAtParts(
  { pair, pace, uploads }: CopyTools,
  { row, versionId, destinationKey }: RowToCopy,
  sides: Sides,
): Promise<Sides | 'gone'> {
  const begun = await uploads.find(destinationKey);
  const { etag } = sides.source;
  if (begun && begun.sourceEtag === etag) return { ...sides, source: { ...sides.source, parts: begun.parts } };
  const first = await pace.patiently(() => pair.headSource(row.key, { versionId, part: 1 }), 'source');
  if (!first?.part) return 'gone';
  // Replaced meanwhile: what is known of it counts no more.
  if (first.etag !== etag) {
    const head = await pace.patiently(() => pair.headSource(row.key, { versionId }), 'source');
    return head ? withSource(sides, head, row) : 'gone';
  }
  const parts = [first.part.size];
  const others = Array.from({ length: first.part.count - 1 }, (_, index) => index + 2);
  await inParallel(others, HEADS_IN_FLIGHT, async (number) => {
    const head = await pace.patiently(() => pair.headSource(row.key, { versionId, part: number }), 'source');
    parts[number - 1] = head?.part?.size ?? 0;
  });
  return { ...sides, source: { ...sides.source, parts } };
}
