import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { afterAll } from '@jest/globals';
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

/** Every template comes with its assets, six megabytes of them. */
const folder = mkdtempSync(join(tmpdir(), 's3-backfill-cdk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let apps = 0;

/** An app without checks, as the tests of templates need it. */
export function testApp(): App {
  return new App({ context: CURRENTLY_RECOMMENDED_FLAGS, outdir: join(folder, String((apps += 1))) });
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

/** A value with `<Ref>` in the place of what CloudFormation fills in. */
export function written(value: unknown): string {
  if (typeof value === 'string') return value;
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::Join': join,
  } = value as { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]] };
  if (join) return join[1].map(written).join(join[0]);
  return `<${Ref ?? attribute?.join('.')}>`;
}
