import type { Engine } from '../../local/engine.js';
import type { Deployment } from './cloudformation.js';
import { covers } from './iam.js';

interface TrustPolicy {
  Statement: {
    Principal: { Service?: string };
    Condition?: Record<'StringEquals' | 'ArnLike', Record<string, string>>;
  }[];
}

/** Roles of a stack that S3 assumes, with the conditions of their trust policies. */
export function trustServices({ identities }: Engine, deployment: Deployment): void {
  for (const [id, { Properties }] of deployment.resources('AWS::IAM::Role')) {
    const trust = deployment.resolve(Properties['AssumeRolePolicyDocument']) as unknown as TrustPolicy;
    const statements = trust.Statement.filter(({ Principal }) => Principal.Service?.endsWith('s3.amazonaws.com'));
    if (statements.length === 0) continue;
    identities.addRole({
      roleArn: deployment.text({ 'Fn::GetAtt': [id, 'Arn'] }),
      trusts: (service, _, context) =>
        statements.some(
          ({ Principal, Condition }) =>
            Principal.Service === service &&
            Condition?.StringEquals['aws:SourceAccount'] === context?.['aws:SourceAccount'] &&
            covers(Condition?.ArnLike['aws:SourceArn'] ?? '', context?.['aws:SourceArn'] ?? ''),
        ),
    });
  }
}
