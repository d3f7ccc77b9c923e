/** An error as ajv reports it, as far as we read it. */
export type ValidatorError = {
  /** JSON pointer of the value at fault. */
  readonly instancePath: string;
  readonly keyword: string;
  /** Set on errors of a key itself (under `propertyNames`). */
  readonly propertyName?: string;
  readonly params: {
    readonly missingProperty?: string;
    readonly additionalProperty?: string;
    readonly propertyName?: string;
  };
};

/** A validator that ajv compiled: a call says whether the value fits, `errors` why the last one did not. */
export type CompiledValidator = {
  (value: unknown): boolean;
  errors?: readonly ValidatorError[] | null;
};
