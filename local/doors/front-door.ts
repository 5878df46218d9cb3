import { partitionOf } from '../../contracts/partition.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authorize } from '../access/authorize.js';
import { dynamoDbCalls } from '../access/dynamodb-calls.js';
import type { Identities } from '../access/identities.js';
import { callerOf } from '../access/principals.js';
import { stepFunctionsCalls } from '../access/step-functions-calls.js';
import type { EmbeddedAthena } from '../athena/embedded-athena.js';
import type { Clock } from '../clock.js';
import type { EmbeddedDynamoDb } from '../dynamodb.js';
import type { EmbeddedEvents } from '../events/embedded-events.js';
import type { Credentials } from '../http/signature-v4.js';
import type { EmbeddedLambda } from '../lambda/embedded-lambda.js';
import { serveInvoke } from '../lambda/invoke-door.js';
import type { EventSourceMappings } from '../lambda/event-sources/event-source-mappings.js';
import type { EmbeddedS3 } from '../s3/embedded-s3.js';
import type { EmbeddedS3Control } from '../s3-control/embedded-s3-control.js';
import type { EmbeddedSecretsManager } from '../secrets-manager/embedded-secrets-manager.js';
import type { EmbeddedSqs } from '../sqs/embedded-sqs.js';
import { serveSqs } from '../sqs/sqs-door.js';
import type { EmbeddedStepFunctions } from '../step-functions/embedded-step-functions.js';
import { refuseAbsentService } from './absent-door.js';
import { accessDenied, jsonError, serveJson } from './json-door.js';
import type { JsonAnswer } from './json-door.js';
import { route } from './route.js';
import type { ServiceIdentity } from './signed-body.js';
import { serveSts } from './sts-door.js';
import { isVisit, serveVisit, type Visitors } from './visitor-door.js';

/** The services behind the one port, who they are, and who may call them. */
export interface Services {
  s3: EmbeddedS3;
  s3Control: EmbeddedS3Control;
  athena: EmbeddedAthena;
  dynamodb: EmbeddedDynamoDb;
  lambda: EmbeddedLambda;
  secretsManager: EmbeddedSecretsManager;
  eventSourceMappings: EventSourceMappings;
  sqs: EmbeddedSqs;
  events: EmbeddedEvents;
  stepFunctions: EmbeddedStepFunctions;
  region: string;
  accountId: string;
  clock: Clock;
  identities: Identities;
  /** Without it, whoever has a key may do everything. */
  authorize?: Authorize | undefined;
  /** Answers people with a browser; without it, they are clients of S3 like all others. */
  visitors?: Visitors | undefined;
}

/** Hands a request to its service. */
export async function frontDoor(request: IncomingMessage, response: ServerResponse, services: Services): Promise<void> {
  const { region, accountId, clock, identities, authorize } = services;
  const as = (service: ServiceIdentity['service']) => ({ service, region, credentials: identities, clock });
  if (services.visitors && isVisit(request)) return serveVisit(request, response, services.visitors);
  const to = route(request.url ?? '/', request.headers);
  switch (to.service) {
    case 's3':
      return services.s3.handle(request, response);
    case 's3-control':
      return services.s3Control.handle(request, response);
    case 'athena':
      return serveJson(request, response, as('athena'), (body, signer) =>
        services.athena.handle(to.action, body, callerOf(signer, accountId)),
      );
    case 'dynamodb':
      return serveJson(request, response, as('dynamodb'), (body, signer) =>
        askDynamoDb(services, to.action, body, signer),
      );
    case 'states':
      return serveJson(request, response, as('states'), (body, signer) =>
        askStepFunctions(services, to.action, body, signer),
      );
    case 'secretsmanager':
      return serveJson(request, response, as('secretsmanager'), async (body, signer) =>
        services.secretsManager.handle(to.action, body, callerOf(signer, accountId)),
      );
    case 'events':
      return serveJson(request, response, as('events'), (body, signer) =>
        services.events.handle(to.action, body, callerOf(signer, accountId)),
      );
    case 'sqs':
      return serveSqs(request, response, as('sqs'), services.sqs, to.action, accountId);
    case 'lambda':
      return serveInvoke(request, response, as('lambda'), services.lambda, authorize, services.eventSourceMappings);
    case 'sts':
      return serveSts(request, response, as('sts'), accountId, authorize);
    case 'absent':
      return refuseAbsentService(request, response, to.name);
  }
}

async function askDynamoDb(services: Services, action: string, body: string, signer: Credentials): Promise<JsonAnswer> {
  const { authorize, accountId } = services;
  if (authorize) {
    const { principal, arn: caller } = callerOf(signer, accountId);
    const calls = dynamoDbCalls(action, body, services).map((call) => ({ principal, caller, ...call }));
    const denied = calls.find((call) => !authorize(call));
    if (denied) return accessDenied(denied);
  }
  return services.dynamodb.handle(action, body);
}

async function askStepFunctions(
  services: Services,
  action: string,
  body: string,
  signer: Credentials,
): Promise<JsonAnswer> {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    return jsonError('SerializationException', 'Expected a JSON object.');
  }
  const { stepFunctions, authorize, region, accountId } = services;
  const partition = partitionOf(region);
  if (authorize) {
    const { principal, arn: caller } = callerOf(signer, accountId);
    const calls = stepFunctionsCalls(action, input, { partition, region, accountId });
    const denied = calls.map((call) => ({ principal, caller, ...call })).find((call) => !authorize(call));
    // Step Functions names all machines where an action has no resource.
    if (denied)
      return accessDenied(
        denied,
        denied.resource === '*' ? `arn:${partition}:states:${region}:${accountId}:stateMachine:*` : denied.resource,
      );
  }
  const answer = await stepFunctions.handle(action, input);
  return { status: answer.status, body: JSON.stringify(answer.body) };
}
