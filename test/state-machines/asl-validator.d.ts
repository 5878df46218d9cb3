declare module 'asl-validator' {
  /** Says whether a definition in the Amazon States Language is valid, and what is not. */
  export default function validate(definition: object): {
    isValid: boolean;
    errorsText: (separator?: string) => string;
  };
}
