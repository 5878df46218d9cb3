import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import type { PairInput } from '../../contracts/pair.js';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';

/** A pair that says no more than it must. */
export const PHOTOS: PairInput = {
  name: 'photos',
  source: { bucket: 'photos' },
  destination: { bucket: 'photos-replica' },
  inventory: { bucket: 'inventories', prefix: 'daily', configId: 'every-object' },
};

/** CDK's own checks of a template take four seconds, and `cdk synth` makes them. */
process.env['CDK_VALIDATION'] = 'false';

/** An app without checks, as the tests of templates need it. */
export function testApp(): App {
  return new App({ context: CURRENTLY_RECOMMENDED_FLAGS });
}

/** The template of a pair's stack, as our app makes it. @param here the account and Region of whoever synthesizes */
export function templateOf(
  pair: Partial<PairInput> = {},
  here: ConstructorParameters<typeof BackfillStack>[2] = {},
): Template {
  return Template.fromStack(new BackfillStack(testApp(), checkPair({ ...PHOTOS, ...pair }), here));
}

/** A stack of somebody else's app. */
export function foreignStack(): Stack {
  return new Stack(testApp(), 'Theirs');
}
