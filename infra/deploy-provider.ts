import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { acknowledge, wildcardFinding } from './acknowledge.js';
import { pascalCase } from './functions.js';
import { deployHandlerFolder } from './handler-code.js';
import { allow, type Permission } from './permission.js';

/** A function that CloudFormation calls when a stack is deployed. */
export interface DeployHandler {
  /** Its file in handlers/deploy, `manage-inventory`; the names of its constructs are made of it. */
  handler: string;
  functionName: string;
  description: string;
  permissions: readonly Permission[];
}

/** What a custom resource names as its service: the function, called through CDK's provider framework. */
export function createDeployProvider(
  scope: Construct,
  { handler, functionName, description, permissions }: DeployHandler,
): Provider {
  const id = pascalCase(handler);
  const logGroup = new LogGroup(scope, `${id}Log`, {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description });
  allow(role, [
    { sid: 'WriteLog', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    ...permissions,
  ]);
  const onEventHandler = new LambdaFunction(scope, id, {
    functionName,
    description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(deployHandlerFolder(handler)),
    handler: 'index.handler',
    role,
    // A few calls to S3.
    memorySize: 256,
    timeout: Duration.minutes(1),
    logGroup,
    loggingFormat: LoggingFormat.JSON,
  });
  const provider = new Provider(scope, `${id}Provider`, {
    onEventHandler,
    logGroup: new LogGroup(scope, `${id}ProviderLog`, {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  });
  const why = "CDK's provider framework: it invokes our function by any version, and logs by AWS's managed policy.";
  acknowledge(provider, {
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]': why,
    'AwsSolutions-L1': why,
    [wildcardFinding(provider, `${onEventHandler.functionArn}:*`)]: why,
  });
  return provider;
}
