import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { UsageSource } from "../observability/series.ts";

/** Where a call went and why, as `GET /admin/requests/{id}` tells it. It crosses processes as it is. */
export interface ExplainedCall {
  readonly id: string;
  /** When it began, in RFC 3339. */
  readonly startedAt: string;
  readonly endpoint: string;
  /** As the config calls it; null for a call that never came to one. */
  readonly model: string | null;
  /** The name of the client's key; null for a call that showed none that is known. */
  readonly key: string | null;
  /** That the client saw; 499 when it had left before. */
  readonly status: number;
  /** A code of the error table. */
  readonly error: string | null;
  readonly stream: boolean;
  readonly durationMs: number;
  readonly firstTokenMs: number | null;
  readonly overheadMs: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly usage: ExplainedUsage | null;
  /** Of all tries; null when the price of one is not known. */
  readonly costUsd: number | null;
  readonly tries: readonly ExplainedTry[];
}

export interface ExplainedUsage extends TokenUsage {
  readonly source: UsageSource;
}

/** One request to one target. Its times count from the beginning of the call. */
export interface ExplainedTry {
  readonly provider: string;
  /** As the provider calls it; null for a call that is about none. */
  readonly model: string | null;
  readonly reason: string;
  readonly outcome: string;
  /** Of the provider's answer, or of our own error; null for a try that was abandoned. */
  readonly status: number | null;
  readonly error: string | null;
  readonly startedMs: number;
  readonly firstByteMs: number | null;
  readonly endedMs: number;
  /** Fields of the request that the target cannot take. */
  readonly droppedParams: readonly string[];
  /** The failure that was made on purpose. */
  readonly fault: string | null;
  readonly usage: ExplainedUsage | null;
  readonly costUsd: number | null;
}

/** Which calls somebody asks about. */
export interface CallsQuery {
  /** Newest first, at most so many. */
  readonly limit: number;
  readonly id?: string;
  readonly status?: number;
  readonly model?: string;
  readonly error?: string;
}

/** The newest of what several processes tell. */
export function newestOf(told: readonly (readonly ExplainedCall[])[], limit: number): ExplainedCall[] {
  return told
    .flat()
    .sort((one, other) => (one.startedAt < other.startedAt ? 1 : one.startedAt > other.startedAt ? -1 : 0))
    .slice(0, limit);
}
