/** An error before a wire gives it its shape. What is absent is the wire's own word for the status. */
export interface WireError {
  readonly status: number;
  readonly message: string;
  readonly type?: string;
  readonly code?: string | null;
  readonly param?: string | null;
}

/** A request that the provider would refuse. A class, so that no parsed body can look like one. */
export class Refusal {
  readonly error: WireError;

  constructor(error: WireError) {
    this.error = error;
  }
}

/** Refuses with 400 and the provider's sentence. */
export function refuse(message: string, more: Omit<Partial<WireError>, "message"> = {}): Refusal {
  return new Refusal({ status: 400, message, ...more });
}
