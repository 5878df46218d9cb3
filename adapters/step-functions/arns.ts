/** The ARN of a state machine's execution. Source: Service Authorization Reference, AWS Step Functions. */
export function executionArnOf(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

/** The name and the state machine in an execution's ARN; undefined where the text is none. */
export function parseExecutionArn(text: string): { stateMachineArn: string; name: string } | undefined {
  const [, scope, machine, name] = /^(arn:[^:]+:states:[^:]+:[^:]+):execution:([^:/]+):([^:]+)$/.exec(text) ?? [];
  if (scope === undefined || machine === undefined || name === undefined) return undefined;
  return { stateMachineArn: `${scope}:stateMachine:${machine}`, name };
}
