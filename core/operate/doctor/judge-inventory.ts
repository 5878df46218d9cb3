import type { PairBounds } from '../../../contracts/pair.js';
import { splitMessage } from '../verdict.js';
import type { InventorySettings, Look, NewestInventory } from './facts.js';
import { mayNotLook, note, ok, stop, type Finding } from './finding.js';

const CONFIGURATION = 'inventory configuration';
const FIELDS = 'inventory fields';
const NEWEST = 'newest inventory';
const DAY_MS = 86_400_000;
/** S3 delivers every day, and may be late. */
const OLD_DAYS = 3;

/**
 * Whether the configuration will go on delivering inventories that a run can use. One that delivers nothing to the pair
 * stops a run only where nothing was delivered before.
 */
export function judgeConfiguration(
  look: Look<InventorySettings | undefined>,
  bounds: PairBounds,
  newest: NewestInventory,
): Finding[] {
  const { source, inventory } = bounds;
  const address = `${inventory.configId} of s3://${source.bucket}`;
  if (look.kind === 'refused')
    return [mayNotLook(CONFIGURATION, look.code, `s3:GetInventoryConfiguration on s3://${source.bucket}`)];
  const idle = newest.kind === 'unusable' ? stop : note;
  const settings = look.value;
  if (!settings)
    return [
      idle(
        CONFIGURATION,
        address,
        'no such configuration',
        'Make it, or deploy the pair with manageInventory; the first inventory takes up to 48 hours.',
      ),
    ];
  if (!settings.isEnabled) return [idle(CONFIGURATION, `${address}, enabled`, 'it is disabled', 'Enable it.')];
  const place = `s3://${inventory.bucket}/${inventory.prefix}`;
  const delivered = `s3://${settings.bucket}/${settings.prefix}`;
  if (delivered !== place)
    return [
      idle(
        CONFIGURATION,
        `${address}, delivering to ${place}`,
        `it delivers to ${delivered}`,
        'Change its destination, or the inventory of the pair, and deploy again.',
      ),
    ];
  if (settings.format !== 'CSV')
    return [stop(CONFIGURATION, `${address}, as CSV`, settings.format, 'Set its format to CSV: a run reads no other.')];
  return [judgeScope(settings, bounds, address), judgeFields(settings)];
}

/** Whether there is an inventory to run from, and how old it is. @param now milliseconds since the epoch */
export function judgeNewest(newest: NewestInventory, now: number): Finding {
  switch (newest.kind) {
    case 'refused':
      return mayNotLook(NEWEST, newest.code, "s3:ListBucket and s3:GetObject on the inventory's bucket");
    case 'unusable': {
      const { found, remedy } = splitMessage(newest.message);
      return stop(NEWEST, 'one that was delivered whole and that a run can read', `${newest.name}: ${found}`, remedy);
    }
    case 'found': {
      const taken = new Date(newest.createdAt).toISOString();
      const days = Math.floor((now - newest.createdAt) / DAY_MS);
      if (days < OLD_DAYS) return ok(NEWEST, `${newest.address}, taken ${taken}`);
      return note(
        NEWEST,
        `one of the last ${OLD_DAYS} days`,
        `${newest.address}, taken ${taken}, ${days} days ago`,
        'See that its configuration still delivers: what was written since is not in it.',
      );
    }
  }
}

function judgeScope({ filter, versions }: InventorySettings, { source }: PairBounds, address: string): Finding {
  const prefix = source.prefix ?? '';
  if (!prefix.startsWith(filter))
    return stop(
      CONFIGURATION,
      `${address} for all keys under "${prefix}"`,
      `its filter leaves out all that does not begin with "${filter}"`,
      'Take the filter away, or deploy a pair for that prefix: a run would leave the rest out without a word.',
    );
  if (versions === 'Current') return ok(CONFIGURATION, `${address}, enabled, CSV, of current versions`);
  return note(
    CONFIGURATION,
    `${address} of current versions`,
    'it lists all versions',
    'A run copies the current ones and counts the others as out of scope; a smaller inventory is cheaper.',
  );
}

const LOOKED_UP = 'without it each object is looked up by a HEAD of its own';
const RECOMMENDED = {
  Size: LOOKED_UP,
  LastModifiedDate: LOOKED_UP,
  ETag: LOOKED_UP,
  StorageClass: 'storageClasses can choose, and each copy can keep its class',
  EncryptionStatus: 'objects whose ETag is no checksum are known',
} as const;

function judgeFields({ fields }: InventorySettings): Finding {
  const wanting = Object.entries(RECOMMENDED).filter(([field]) => !fields.includes(field));
  if (wanting.length === 0) return ok(FIELDS, fields.join(', '));
  const names = wanting.map(([field]) => field).join(' and ');
  const reasons = [...new Set(wanting.map(([, why]) => why))].join('; ');
  return note(FIELDS, `also ${names}`, fields.join(', ') || 'none', `Add ${names}: ${reasons}.`);
}
