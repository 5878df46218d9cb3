/** An error of the Lambda runtime or platform itself, named as AWS names it. */
export class RuntimeError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * What a caller gets when a handler throws: `{"errorType", "errorMessage", "trace"}` as JSON text. `errorType` is the
 * error's name. Source: AWS's Node.js runtime interface client.
 */
export function errorPayload(thrown: unknown): string {
  try {
    if (isError(thrown)) {
      return JSON.stringify({
        errorType: thrown.name,
        errorMessage: thrown.message,
        trace: thrown.stack?.split('\n') ?? [],
      });
    }
    return JSON.stringify({ errorType: typeof thrown, errorMessage: String(thrown), trace: [] });
  } catch {
    return JSON.stringify({
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
      trace: [],
    });
  }
}

/** Why the platform, rather than the handler, ended an invocation. */
export type PlatformFault =
  | { kind: 'timedOut'; timeoutMs: number }
  | { kind: 'killed' }
  | { kind: 'outOfMemory' }
  | { kind: 'exited'; code: number }
  | { kind: 'responseTooLarge' };

/** What a caller gets when the platform ends an invocation; these carry no trace. */
export function platformErrorPayload(fault: PlatformFault, requestId: string): string {
  const { errorType, message } = describe(fault);
  const errorMessage = fault.kind === 'responseTooLarge' ? message : `RequestId: ${requestId} Error: ${message}`;
  return JSON.stringify({ errorType, errorMessage });
}

function describe(fault: PlatformFault): { errorType: string; message: string } {
  switch (fault.kind) {
    case 'timedOut':
      return {
        errorType: 'Sandbox.Timedout',
        message: `Task timed out after ${(fault.timeoutMs / 1000).toFixed(2)} seconds`,
      };
    case 'killed':
      return { errorType: 'Runtime.ExitError', message: 'Runtime exited with error: signal: killed' };
    case 'outOfMemory':
      return { errorType: 'Runtime.OutOfMemory', message: 'Runtime exited with error: signal: killed' };
    case 'exited':
      return {
        errorType: 'Runtime.ExitError',
        message:
          fault.code === 0
            ? 'Runtime exited without providing a reason'
            : `Runtime exited with error: exit status ${fault.code}`,
      };
    case 'responseTooLarge':
      return {
        errorType: 'Function.ResponseSizeTooLarge',
        message: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      };
  }
}

/** Not `instanceof`: an error may come from another realm. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}
