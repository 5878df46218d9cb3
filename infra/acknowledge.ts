import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Says of findings of a check (cdk-nag) why they are meant so: `{id: reason}`. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}

/** The id of cdk-nag's finding that a policy names a resource with a wildcard in it. */
export function wildcardFinding(scope: IConstruct, resource: string): string {
  return `AwsSolutions-IAM5[Resource::${written(Stack.of(scope).resolve(resource))}]`;
}

/** A resource as cdk-nag writes it: what CloudFormation fills in stands in angle brackets. */
function written(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = resource as Intrinsic;
  if (Ref !== undefined) return `<${Ref}>`;
  if (attribute !== undefined) return `<${attribute.join('.')}>`;
  if (join !== undefined) return join[1].map(written).join(join[0]);
  throw new Error(`Expected a resource of strings, Ref, GetAtt and Join; got ${JSON.stringify(resource)}.`);
}

interface Intrinsic {
  Ref?: string;
  'Fn::GetAtt'?: [string, string];
  'Fn::Join'?: [string, unknown[]];
}
