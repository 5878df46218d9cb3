import { DescribeExecutionCommand, ExecutionDoesNotExist, InvalidArn, SFNClient } from '@aws-sdk/client-sfn';
import { clientSettings, REQUEST_TIMEOUT, type Connection } from '../connection.js';
import type { Executions } from '../../core/ports.js';

export class StepFunctionsExecutions implements Executions {
  readonly #client: SFNClient;

  constructor(connection: Connection = {}) {
    this.#client = new SFNClient({ maxAttempts: 8, ...clientSettings(connection), requestHandler: REQUEST_TIMEOUT });
  }

  /** An execution that was forgotten (after 90 days, or with its machine) does not run. */
  async isRunning(executionArn: string): Promise<boolean> {
    try {
      const { status } = await this.#client.send(new DescribeExecutionCommand({ executionArn }));
      return status === 'RUNNING' || status === 'PENDING_REDRIVE';
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist || error instanceof InvalidArn) return false;
      throw error;
    }
  }
}
