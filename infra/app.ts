import { App, Validations } from 'aws-cdk-lib';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BackfillStack } from './backfill-stack.js';
import { checkPairs, PairError } from './check-pair.js';

/** The CDK app: a stack for each pair that context `backfill` lists. A mistake in one is a sentence, not a trace. */
const app = new App({ context: CURRENTLY_RECOMMENDED_FLAGS });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
try {
  for (const pair of checkPairs(app.node.tryGetContext('backfill'))) new BackfillStack(app, pair, { account, region });
  app.synth();
} catch (error) {
  if (!(error instanceof PairError)) throw error;
  process.stderr.write(`\n${error.message}\n\n`);
  process.exitCode = 1;
}
