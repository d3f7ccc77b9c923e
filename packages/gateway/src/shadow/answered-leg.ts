import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import type { MeteredUsage } from "../pipeline/metered-usage.ts";
import { sumSpending } from "../pipeline/spending.ts";
import type { TryRecord } from "../pipeline/try-record.ts";

/** What became of one of the two requests that are compared. */
export interface AnsweredLeg {
  readonly provider: string;
  /** As the provider calls it. */
  readonly model: string;
  /** A code of the error table, or the provider's status; null for a good answer. */
  readonly error: string | null;
  /** From its sending; null where nothing came. */
  readonly firstByteMs: number | null;
  readonly totalMs: number | null;
  readonly answerBytes: number;
  /** Null for an answer that was longer than is kept, and for none. */
  readonly body: Buffer | null;
  readonly usage: MeteredUsage | null;
  /** Null when nothing was used, and when a price is not known. */
  readonly costUsd: number | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
}

export interface LegAnswer {
  readonly error: string | null;
  readonly answerBytes: number;
  readonly body: Buffer | null;
}

/** @param records - the tries that had a part in the answer, in their order; more than one where a stream was continued */
export function answeredLeg(records: readonly [TryRecord, ...TryRecord[]], answer: LegAnswer): AnsweredLeg {
  const [first] = records;
  const last = records.at(-1) ?? first;
  const { sentAtMs, firstByteAtMs } = first;
  const { usage, costUsd } = sumSpending(records);
  return {
    ...answer,
    provider: last.target.provider,
    model: last.target.model,
    firstByteMs: sentAtMs === 0 || firstByteAtMs === 0 ? null : firstByteAtMs - sentAtMs,
    totalMs: sentAtMs === 0 || last.endedAtMs === 0 ? null : last.endedAtMs - sentAtMs,
    usage,
    costUsd,
    inputTokens: usage === null ? null : totalInputTokens(usage.tokens),
    outputTokens: usage === null ? null : totalOutputTokens(usage.tokens),
  };
}
