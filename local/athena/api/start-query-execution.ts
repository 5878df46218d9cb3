import { randomUUID } from 'node:crypto';
import type { Caller } from '../../access/principals.js';
import type { AthenaEffect } from '../faults.js';
import { QueryExecution, type QueryRequest } from '../query-execution.js';
import { parametersOutsideWhere } from '../sql/bind-parameters.js';
import type { ResultConfiguration, WorkGroup } from '../work-groups.js';
import type { AthenaState } from './athena-state.js';
import { constraint, type Members, objectOf, refuseOthers, requiredText, textOf, textsOf } from './request.js';
import { invalidRequest, notImplemented } from './service-error.js';

/**
 * Takes a query, or refuses what Athena refuses before it makes an execution of it, in Athena's order, first the token,
 * then where the result goes, then the query's grammar.
 * @param effect a planted fault that the query meets
 */
export async function startQueryExecution(
  state: AthenaState,
  members: Members,
  caller: Caller,
  effect?: AthenaEffect,
): Promise<object> {
  refuseOthers(members, MEMBERS);
  const query = requiredText(members, 'QueryString');
  if (query === '') throw constraint('QueryString', 'Member must have length greater than or equal to 1');
  if (Buffer.byteLength(query) > MAX_QUERY)
    throw constraint('QueryString', `Member must have length less than or equal to ${MAX_QUERY}`);
  const token = checkToken(textOf(members, 'ClientRequestToken'));
  const workGroup = state.workGroup(textOf(members, 'WorkGroup') ?? 'primary');
  const context = objectOf(members, 'QueryExecutionContext');
  const [database, catalog] = [textOf(context, 'Database'), textOf(context, 'Catalog')];
  const asked = objectOf(members, 'ResultConfiguration');
  const parameters = textsOf(members, 'ExecutionParameters');
  const fingerprint = JSON.stringify([query, database, catalog, asked, workGroup.name, parameters]);
  const before = state.tokens.get(token);
  if (before && before.fingerprint !== fingerprint)
    throw invalidRequest('Idempotent parameters do not match', 'IDEMPOTENT_PARAMETER_MISMATCH');
  // The same call again, also while the first one is not answered yet.
  if (before) return { QueryExecutionId: await before.started };
  if (catalog !== undefined && catalog.toLowerCase() !== 'awsdatacatalog')
    throw notImplemented(`the catalog ${catalog}`);
  const result = resultOf(asked, workGroup);
  state.checkOutput(result, caller);
  const started = start(state, { query, parameters, database, catalog, workGroup, result, caller }, effect);
  state.tokens.set(token, { fingerprint, started });
  started.catch(() => state.tokens.delete(token));
  return { QueryExecutionId: await started };
}

async function start(
  state: AthenaState,
  request: Omit<QueryRequest, 'node'>,
  effect: AthenaEffect | undefined,
): Promise<string> {
  const parsed = await state.parse(request.query);
  if (parsed.kind === 'malformed') throw invalidRequest(parsed.message, 'MALFORMED_QUERY');
  if (parsed.kind === 'notDone') throw notImplemented(parsed.what);
  if (parametersOutsideWhere(parsed.node))
    throw notImplemented('? outside of WHERE clauses, where Athena documents it');
  const execution = new QueryExecution(randomUUID(), { ...request, node: parsed.node }, state.now());
  state.launch(execution, effect);
  return execution.id;
}

function checkToken(token: string | undefined): string {
  if (token === undefined) throw invalidRequest('clientRequestToken is null or empty');
  if (token.length < 32) throw constraint('ClientRequestToken', 'Member must have length greater than or equal to 32');
  if (token.length > 128) throw constraint('ClientRequestToken', 'Member must have length less than or equal to 128');
  return token;
}

/** The workgroup's settings where it enforces them, else the request's, else the workgroup's. */
function resultOf(asked: Members, { configuration }: WorkGroup): ResultConfiguration & { OutputLocation: string } {
  refuseOthers(asked, ['OutputLocation', 'EncryptionConfiguration', 'ExpectedBucketOwner'], 'ResultConfiguration.');
  const own = configuration.ResultConfiguration ?? {};
  // Unless it is said otherwise, a workgroup enforces its settings.
  const enforced = configuration.EnforceWorkGroupConfiguration ?? true;
  const given: ResultConfiguration = enforced ? own : { ...own, ...(asked as ResultConfiguration) };
  const { OutputLocation: location, EncryptionConfiguration: encryption } = given;
  if (location === undefined)
    throw invalidRequest(
      'No output location provided. You did not provide an output location for  your query results. Either specify an S3 bucket location or enable Athena managed query results in your workgroup settings.',
    );
  if (!/^s3:\/\/[^/]+(?:\/.*)?$/s.test(location)) throw invalidRequest('outputLocation is not a valid S3 path.');
  if (encryption && encryption.EncryptionOption !== 'SSE_S3' && encryption.EncryptionOption !== 'SSE_KMS')
    throw notImplemented(`the EncryptionOption ${encryption.EncryptionOption}`);
  return { ...given, OutputLocation: location };
}

const MEMBERS = [
  'QueryString',
  'ClientRequestToken',
  'QueryExecutionContext',
  'ResultConfiguration',
  'WorkGroup',
  'ExecutionParameters',
];

/** Bytes. */
const MAX_QUERY = 262_144;
