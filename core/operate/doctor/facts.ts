import type { EndedRun } from '../ended-run.js';

/** What was looked up, or the code under which the service refused the look. */
export type Look<T> = { kind: 'seen'; value: T } | { kind: 'refused'; code: string };

export interface BucketFacts {
  readonly bucket: string;
  /** Where it is; `NotFound` where there is no such bucket. */
  readonly region: Look<string | undefined>;
  /** `another`: S3 refuses a call that names the account that it was expected of, and takes one that names none. */
  readonly owner: 'asExpected' | 'another';
  readonly versioning: Look<'Enabled' | 'Suspended' | 'Off'>;
  /** Of objects that say nothing of it. */
  readonly encryption: Look<{ readonly algorithm: string; readonly key: string | undefined }>;
  /** Its JSON; undefined where there is none. */
  readonly policy: Look<string | undefined>;
}

/** An inventory configuration, as far as a run depends on it. */
export interface InventorySettings {
  readonly isEnabled: boolean;
  readonly format: string;
  readonly bucket: string;
  /** Without a closing slash. */
  readonly prefix: string;
  readonly fields: readonly string[];
  /** Empty where all is listed. */
  readonly filter: string;
  readonly versions: string;
}

/** The newest inventory that was delivered whole, or why there is none that a run could use. */
export type NewestInventory =
  | { readonly kind: 'found'; readonly address: string; readonly createdAt: number }
  | { readonly kind: 'unusable'; readonly name: string; readonly message: string }
  | { readonly kind: 'refused'; readonly code: string };

/** All that the doctor looks at without starting anything. */
export interface PairFacts {
  readonly source: BucketFacts;
  readonly destination: BucketFacts;
  readonly inventory: BucketFacts;
  readonly work: BucketFacts;
  readonly configuration: Look<InventorySettings | undefined>;
  readonly newest: NewestInventory;
  /** Who holds the pair's lock and still runs. */
  readonly holder: Look<string | undefined>;
}

/** How the execution over an empty manifest ended, or why it was not started. */
export type TriedRun =
  | { readonly kind: 'ended'; readonly run: EndedRun }
  | { readonly kind: 'notStarted'; readonly why: string };
