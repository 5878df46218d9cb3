import type { Workflow } from '../definition/workflow.js';
import { AccessDenied } from '../ports.js';
import type { Services } from '../run/frame.js';
import { ServiceError } from './service-error.js';

/**
 * Tasks that wait for a job learn of its end from EventBridge, by a rule that Step Functions makes as the machine's role
 * when the machine is created or updated. The engine needs no rule, but asks for the permissions.
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html (the policy), and of the words
 * https://github.com/terraform-aws-modules/terraform-aws-step-functions/issues/33
 * @throws ServiceError AccessDeniedException.
 */
export function makeManagedRules({ managedRules = new Set() }: Workflow, roleArn: string, services: Services): void {
  const { partition, region, accountId } = services.arns;
  for (const name of managedRules) {
    const rule = `arn:${partition}:events:${region}:${accountId}:rule/${name}`;
    try {
      for (const action of actions) services.ports.checkCall(action, rule, roleArn);
    } catch (error) {
      if (!(error instanceof AccessDenied)) throw error;
      throw new ServiceError('AccessDeniedException', `'${roleArn}' is not authorized to create managed-rule.`);
    }
  }
}

const actions = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];
