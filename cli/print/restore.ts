import type { RunRequest } from '../../contracts/run-request.js';
import type { Summary } from '../../contracts/tally.js';
import { asOfOf } from '../../core/prepare/pair-bounds.js';

const number = (value: number) => value.toLocaleString('en');

/** What a restore would write, by its dry run: all that differs, but for what is newer where it goes. */
export function toBringBack({ wouldCopy }: Summary): { objects: number; bytes: number } {
  const { objects = 0, bytes = 0, newer } = wouldCopy ?? {};
  return { objects: objects - (newer?.objects ?? 0), bytes: bytes - (newer?.bytes ?? 0) };
}

/** From where to where, how much, and what has to be known before it is confirmed. */
export function planLines(summary: Summary, request: RunRequest): string[] {
  const { source, destination, restoreTier } = request;
  const { archived, newer } = summary.wouldCopy ?? {};
  const { objects, bytes } = toBringBack(summary);
  const asOf = asOfOf(request);
  const place = (at: { bucket: string; prefix?: string | undefined }) => `s3://${at.bucket}/${at.prefix ?? ''}`;
  return [
    `from           ${place(source)}${asOf === undefined ? '' : ` as of ${new Date(asOf).toISOString()}`}`,
    `to             ${place(destination)}`,
    `bring back     ${number(objects)} objects, ${number(bytes)} bytes`,
    `there already  ${number(summary.verified.identical)} objects`,
    ...(archived
      ? [
          `archived       ${number(archived.objects)} of them, ${number(archived.bytes)} bytes, are restored by S3 first: ${restoreTier}, ${WAITS[restoreTier]}, up to $${costOf(restoreTier, archived)}`,
        ]
      : []),
    ...(newer
      ? [
          `newer          ${number(newer.objects)} objects differ and are newer where they would go: they stay, and fail as DestinationNewer; --overwrite always replaces them`,
        ]
      : []),
    ...(summary.failed > 0 ? [`failed         ${number(summary.failed)} objects could not be looked at`] : []),
  ];
}

type Tier = RunRequest['restoreTier'];

/** From Glacier Flexible Retrieval and Deep Archive. Source: Amazon S3 User Guide, archive retrieval options. */
const WAITS: Record<Tier, string> = {
  Bulk: '5 to 48 hours',
  Standard: '3 to 12 hours',
  Expedited: '1 to 5 minutes',
};

/** USD by GB and by request, of the dearer class that has the tier. Source: Amazon S3 pricing, us-east-1. */
const PRICES: Record<Tier, { gigabyte: number; request: number }> = {
  Bulk: { gigabyte: 0.0025, request: 0.025 / 1_000 },
  Standard: { gigabyte: 0.02, request: 0.1 / 1_000 },
  Expedited: { gigabyte: 0.03, request: 10 / 1_000 },
};
const GIGABYTE = 1024 ** 3;

/** At least a cent, so that nothing looks as if it were free. */
function costOf(tier: Tier, { objects, bytes }: { objects: number; bytes: number }): string {
  const { gigabyte, request } = PRICES[tier];
  return Math.max(0.01, (bytes / GIGABYTE) * gigabyte + objects * request).toFixed(2);
}
