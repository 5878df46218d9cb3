/** Codes of AWS's validator, and the one of this engine's own refusals. */
export type DiagnosticCode =
  | 'DUPLICATE_LABEL_NAME'
  | 'DUPLICATE_STATE_NAME'
  | 'INVALID_JSON_DESCRIPTION'
  | 'INVALID_JSONATA_EXPRESSION'
  | 'INVALID_LABEL_NAME'
  | 'INVALID_STATE_NAME'
  | 'MISSING_END_STATE'
  | 'MISSING_TRANSITION_TARGET'
  | 'NOT_IMPLEMENTED'
  | 'SCHEMA_VALIDATION_FAILED'
  | 'TOO_DEEPLY_NESTED'
  | 'UNSUPPORTED_JSONATA_EXPRESSION';

/** One thing wrong with a definition, as ValidateStateMachineDefinition answers it. */
export interface Diagnostic {
  severity: 'ERROR';
  code: DiagnosticCode;
  message: string;
  /** A path into the definition, as in `/States/Copy/Next`; absent where AWS gives none. */
  location?: string;
}

/** What is wrong with one definition, in the order found. */
export class Diagnostics {
  readonly found: Diagnostic[] = [];

  add(code: DiagnosticCode, message: string, location?: string): void {
    const diagnostic: Diagnostic = {
      severity: 'ERROR',
      code,
      message,
      ...(location === undefined ? {} : { location }),
    };
    const same = ({ code: c, message: m, location: l }: Diagnostic) => c === code && m === message && l === location;
    if (!this.found.some(same)) this.found.push(diagnostic);
  }

  invalid(message: string, location: string): void {
    this.add('SCHEMA_VALIDATION_FAILED', message, location);
  }

  /** AWS would accept this; the embedded engine says so by name instead of doing it wrong. */
  notImplemented(what: string, location: string): void {
    this.add('NOT_IMPLEMENTED', `The embedded engine does not implement ${what}`, location);
  }
}

/** The message of CreateStateMachine's InvalidDefinition. */
export function describeDiagnostics(found: readonly Diagnostic[]): string {
  const each = found.map(({ code, message, location }) => `${code}: ${message} at ${location ?? 'null'}`);
  return `Invalid State Machine Definition: '${each.join(', ')}'`;
}
