import type { Engine } from '../../local/engine.js';
import type { Deployment, Value } from './cloudformation.js';

/** A custom resource of a stack, and the function that CDK's provider calls for it. */
export interface CustomResource {
  type: string;
  functionName: string;
  properties: Value;
}

/** @param deployment with the functions made */
export function customResourcesOf(deployment: Deployment): CustomResource[] {
  const handlers = new Map<string, string>();
  for (const [id, { Properties }] of deployment.resources('AWS::Lambda::Function')) {
    const { Variables } = (Properties['Environment'] ?? {}) as { Variables?: Record<string, Value> };
    const handler = Variables?.['USER_ON_EVENT_FUNCTION_ARN'];
    if (handler !== undefined) handlers.set(id, deployment.text(handler));
  }
  return deployment.customResources().map(({ Type, Properties: { ServiceToken, ...properties } }) => {
    const [provider] = (ServiceToken as { 'Fn::GetAtt': [string] })['Fn::GetAtt'];
    const functionName = handlers.get(provider)?.split(':').at(-1) ?? '';
    return { type: Type, functionName, properties: deployment.resolve(properties) };
  });
}

/** Calls a resource's function as CDK's provider does for CloudFormation. Rejects with the function's error, its name too. */
export async function changeResource(
  { lambda }: Engine,
  { functionName, properties }: CustomResource,
  RequestType: 'Create' | 'Update' | 'Delete',
): Promise<{ PhysicalResourceId: string }> {
  const event = {
    RequestType,
    ResourceProperties: properties,
    ...(RequestType === 'Update' && { OldResourceProperties: properties }),
  };
  const { payload, functionError } = await lambda.invoke(functionName, JSON.stringify(event));
  const answer = JSON.parse(payload) as { PhysicalResourceId: string; errorType: string; errorMessage: string };
  if (functionError !== undefined) throw Object.assign(new Error(answer.errorMessage), { name: answer.errorType });
  return answer;
}
