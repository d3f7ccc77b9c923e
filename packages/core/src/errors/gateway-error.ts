import { ERROR_TABLE, type ErrorCode, type ErrorRow, type ErrorType } from "./table.ts";

/** What a thrower may add to the table's row. */
export type ErrorDetail = {
  /** What happened, one sentence, in place of the table's summary. The table's remedy still follows it. */
  readonly message?: string;
  /** The request field at fault, for example `messages[0].role`. */
  readonly param?: string;
  /** HTTP status in place of the table's; for `upstream_error`, which passes a provider's status on. */
  readonly status?: number;
  /** Error type in place of the table's; goes with {@link ErrorDetail.status}. */
  readonly type?: ErrorType;
  /** How long the client should wait before it tries again; sent as `Retry-After`. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
};

/** A {@link GatewayError} as plain data. Structured clone drops an Error's own fields, this it keeps. */
export type ErrorWire = {
  readonly code: ErrorCode;
  readonly happened: string;
  readonly status: number;
  readonly type: ErrorType;
  readonly param: string | null;
  readonly retryAfterMs: number | undefined;
};

/** How long a client should wait when nobody knows better. */
const DEFAULT_RETRY_AFTER_MS = 1000;

/** The one error that crosses stages and threads; everything else that is thrown is a bug or a platform error. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: ErrorType;
  readonly param: string | null;
  /** Milliseconds until a retry makes sense; undefined when a retry of the same request cannot help. */
  readonly retryAfterMs: number | undefined;
  readonly #happened: string;

  constructor(code: ErrorCode, detail: ErrorDetail = {}) {
    const row: ErrorRow = ERROR_TABLE[code];
    const happened = detail.message ?? row.summary;
    super(`${happened} ${row.remedy}`, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "GatewayError";
    this.code = code;
    this.status = detail.status ?? row.status;
    this.type = detail.type ?? row.type;
    this.param = detail.param ?? null;
    this.retryAfterMs = detail.retryAfterMs ?? (row.retryable ? DEFAULT_RETRY_AFTER_MS : undefined);
    this.#happened = happened;
  }

  /** Plain data for another thread or process. The cause stays behind: it may not be cloneable. */
  toWire(): ErrorWire {
    return {
      code: this.code,
      happened: this.#happened,
      status: this.status,
      type: this.type,
      param: this.param,
      retryAfterMs: this.retryAfterMs,
    };
  }

  /** A refusal as it is; anything else that was thrown becomes a failure with the code that the catcher gives it. */
  static from(error: unknown, otherwise: ErrorCode): GatewayError {
    return error instanceof GatewayError ? error : new GatewayError(otherwise, { cause: error });
  }

  static fromWire(wire: ErrorWire): GatewayError {
    return new GatewayError(wire.code, {
      message: wire.happened,
      status: wire.status,
      type: wire.type,
      ...(wire.param === null ? {} : { param: wire.param }),
      ...(wire.retryAfterMs === undefined ? {} : { retryAfterMs: wire.retryAfterMs }),
    });
  }
}
