import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import type { ErrorCode } from "@headrace/core/errors/table";
import type { Logger } from "pino";
import type { Series } from "../observability/series.ts";
import type { MeteredUsage } from "./metered-usage.ts";

/** What is told of one request when it is over, whichever way it ended. */
export interface CallRecord {
  readonly requestId: string;
  readonly keyName: string;
  /** The status that the client saw; 499 when it had left before. */
  readonly status: number;
  /** Null for an answer that is whole and no error. */
  readonly errorCode: ErrorCode | null;
  readonly stream: boolean;
  readonly attempts: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** Events of a streamed answer. */
  readonly events: number;
  /** Null when nothing was used, as far as is known. */
  readonly usage: MeteredUsage | null;
  /** Null when nothing was used, and when a price is not known. */
  readonly costUsd: number | null;
  readonly durationMs: number;
  /** Of a streamed answer, until its first event; null where none came. */
  readonly firstTokenMs: number | null;
  readonly overheadMs: number;
  /** Fields of the request that the provider could not take, where the config wants them logged. */
  readonly droppedParams: readonly string[];
}

/** A series, and the logger that already carries its labels. */
export interface Recorder {
  readonly series: Series;
  readonly access: Logger;
}

/** Counts and logs one finished request. */
export function record({ series, access }: Recorder, call: CallRecord): void {
  series.countRequest(call.status, call.errorCode);
  series.duration.observeMs(call.durationMs);
  series.overhead.observeMs(call.overheadMs);
  if (call.firstTokenMs !== null) series.firstToken.observeMs(call.firstTokenMs);
  if (call.attempts > 1) series.retries += call.attempts - 1;
  if (call.costUsd !== null) series.costUsd += call.costUsd;
  if (call.usage !== null) series.countTokens(call.usage.tokens, call.usage.source);
  // Flat, because nested objects take the logger's slow path; what is undefined is left out of the line.
  access.info(
    {
      requestId: call.requestId,
      keyName: call.keyName,
      status: call.status,
      errorCode: call.errorCode ?? undefined,
      stream: call.stream,
      attempts: call.attempts,
      requestBytes: call.requestBytes,
      answerBytes: call.answerBytes,
      events: call.stream ? call.events : undefined,
      inputTokens: call.usage === null ? undefined : totalInputTokens(call.usage.tokens),
      outputTokens: call.usage === null ? undefined : totalOutputTokens(call.usage.tokens),
      usageSource: call.usage?.source,
      costUsd: call.costUsd ?? undefined,
      durationMs: toMicroseconds(call.durationMs),
      firstTokenMs: call.firstTokenMs === null ? undefined : toMicroseconds(call.firstTokenMs),
      overheadMs: toMicroseconds(call.overheadMs),
      droppedParams: call.droppedParams.length === 0 ? undefined : call.droppedParams,
    },
    "request",
  );
}

/** Three decimals of a millisecond: more are noise. */
export function toMicroseconds(valueMs: number): number {
  return Math.round(valueMs * 1000) / 1000;
}
