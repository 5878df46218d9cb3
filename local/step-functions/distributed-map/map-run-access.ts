import { stepFunctionsError } from '../integrations/states-errors.js';
import { uuid } from '../jsonata/functions.js';
import { AccessDenied } from '../ports.js';
import { StateError, whileExecuting } from '../run/state-error.js';
import type { Visit } from '../run/visit.js';
import type { ResultWriter } from './result-writer.js';

/**
 * A Map Run starts executions of its own machine, for which the machine's role needs a permission, once for the run.
 * (AWS's policy for it lists DescribeExecution and StopExecution too, but not on the ARNs that the children have.)
 * Source: https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
 * @throws StateError: AWS does not document which; this is the name that a Task's denied startExecution has.
 */
export function checkStart({ frame: { execution } }: Visit): void {
  const { ports } = execution.services;
  try {
    // A Map Run within a Map Run is of the same machine: its Label is no part of the resource.
    ports.checkCall('states:StartExecution', execution.machine.arn.replace(/\/.*$/, ''), execution.roleArn);
  } catch (error) {
    throw stepFunctionsError(error, uuid(ports.random));
  }
}

/**
 * Step Functions writes a test manifest before the first child runs.
 * Source of its words: https://github.com/aws/aws-cdk/issues/32144
 * @throws StateError States.ResultWriterFailed.
 */
export async function writeTestManifest(visit: Visit, writer: ResultWriter, mapRunArn: string): Promise<void> {
  try {
    await writer.test(mapRunArn);
  } catch (error) {
    const { message } = error as Error;
    const requestId = uuid(visit.frame.execution.services.ports.random).replaceAll('-', '').slice(0, 16).toUpperCase();
    const cause =
      error instanceof AccessDenied
        ? whileExecuting(
            visit.state.name,
            visit.enteredId,
            "Failed to write a test manifest into the specified output bucket. Access denied. Ensure the correct permissions are added to your state machine's execution role. " +
              `| Message from S3: ${message} (Service: S3, Status Code: 403, Request ID: ${requestId})`,
          )
        : message;
    throw new StateError('States.ResultWriterFailed', cause);
  }
}
