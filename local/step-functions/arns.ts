/** Where the engine's resources live. */
export interface ArnScope {
  partition: string;
  region: string;
  accountId: string;
}

export function stateMachineArn(scope: ArnScope, name: string): string {
  return `${prefix(scope)}:stateMachine:${name}`;
}

/** @param machineName of a Map Run's children: `<machine>/<label>`. */
export function executionArn(scope: ArnScope, machineName: string, name: string): string {
  return `${prefix(scope)}:execution:${machineName}:${name}`;
}

export function mapRunArn(scope: ArnScope, machineName: string, label: string, id: string): string {
  return `${prefix(scope)}:mapRun:${machineName}/${label}:${id}`;
}

function prefix({ partition, region, accountId }: ArnScope): string {
  return `arn:${partition}:states:${region}:${accountId}`;
}
