import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EmbeddedDynamoDb } from '../dynamodb.js';
import type { EmbeddedLambda } from '../lambda/embedded-lambda.js';
import { serveInvoke } from '../lambda/invoke-door.js';
import type { EmbeddedS3 } from '../s3/embedded-s3.js';
import type { EmbeddedStepFunctions } from '../step-functions/embedded-step-functions.js';
import { refuseAbsentService } from './absent-door.js';
import { jsonError, serveJson } from './json-door.js';
import type { JsonAnswer } from './json-door.js';
import { route } from './route.js';
import type { ServiceIdentity } from './signed-body.js';
import { serveSts } from './sts-door.js';
import { isVisit, serveVisit, type Visitors } from './visitor-door.js';

/** The services behind the one port, and who they are. */
export interface Services {
  s3: EmbeddedS3;
  dynamodb: EmbeddedDynamoDb;
  lambda: EmbeddedLambda;
  stepFunctions: EmbeddedStepFunctions;
  region: string;
  accountId: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Answers people with a browser; without it, they are clients of S3 like all others. */
  visitors?: Visitors | undefined;
}

/** Hands a request to its service. */
export async function frontDoor(request: IncomingMessage, response: ServerResponse, services: Services): Promise<void> {
  const { region, credentials } = services;
  const as = (service: ServiceIdentity['service']) => ({ service, region, credentials });
  if (services.visitors && isVisit(request)) return serveVisit(request, response, services.visitors);
  const to = route(request.url ?? '/', request.headers);
  switch (to.service) {
    case 's3':
      return services.s3.handle(request, response);
    case 'dynamodb':
      return serveJson(request, response, as('dynamodb'), (body) => services.dynamodb.handle(to.action, body));
    case 'states':
      return serveJson(request, response, as('states'), (body) => askStepFunctions(services, to.action, body));
    case 'lambda':
      return serveInvoke(request, response, as('lambda'), services.lambda);
    case 'sts':
      return serveSts(request, response, as('sts'), services.accountId);
    case 'absent':
      return refuseAbsentService(request, response, to.name);
  }
}

async function askStepFunctions({ stepFunctions }: Services, action: string, body: string): Promise<JsonAnswer> {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    return jsonError('SerializationException', 'Expected a JSON object.');
  }
  const answer = await stepFunctions.handle(action, input);
  return { status: answer.status, body: JSON.stringify(answer.body) };
}
