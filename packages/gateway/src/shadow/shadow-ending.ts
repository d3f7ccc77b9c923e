/** What is made of a copy and its call when both have ended. */
import type { ContentComparison } from "@headrace/workers/comparison/compare-contents";
import type { Offload } from "@headrace/workers/offload";
import type { ClientRequest } from "../pipeline/encode-for-target.ts";
import { toMicroseconds } from "../time/microseconds.ts";
import type { AnsweredLeg } from "./answered-leg.ts";
import type { CopiedCall } from "./shadow-call.ts";
import type { ShadowOutcome } from "./shadow-outcome.ts";
import type { ComparedCall, LegFacts } from "./shadow-tally.ts";

export interface Pair {
  readonly primary: AnsweredLeg;
  readonly shadow: AnsweredLeg;
}

/** @returns null for answers that are not there, or cannot be read */
export async function compareBodies(
  { endpoint, plan }: ClientRequest,
  { primary, shadow }: Pair,
  offload: Offload,
): Promise<ContentComparison | null> {
  if (primary.body === null || shadow.body === null) return null;
  const { stream } = plan;
  const input = { endpoint, stream, primary: primary.body, shadow: shadow.body };
  return (await offload.compareAnswers(input)).comparison;
}

function outcomeOfPair({ primary, shadow }: Pair, content: ContentComparison | null): ShadowOutcome {
  if (primary.error !== null) return shadow.error === null ? "primary_failed" : "both_failed";
  if (shadow.error !== null) return "shadow_failed";
  if (primary.body === null || shadow.body === null) return "length_only";
  return content === null ? "unreadable" : "compared";
}

export function comparedCall(
  { requestId, endpoint, plan }: ClientRequest,
  { primary, shadow }: Pair,
  content: ContentComparison | null,
): ComparedCall {
  return {
    requestId,
    at: new Date().toISOString(),
    endpoint,
    stream: plan.stream,
    outcome: outcomeOfPair({ primary, shadow }, content),
    primary: factsOf(primary, content?.primary),
    shadow: factsOf(shadow, content?.shadow),
    similarity: content?.similarity ?? null,
    identical: content?.identical ?? null,
    sameToolCalls: content?.sameToolCalls ?? null,
    sameFinish: content?.sameFinish ?? null,
  };
}

function factsOf(leg: AnsweredLeg, content: ContentComparison["primary"] | undefined): LegFacts {
  const { body: _body, usage: _usage, firstByteMs, totalMs, ...facts } = leg;
  return {
    ...facts,
    firstByteMs: firstByteMs === null ? null : toMicroseconds(firstByteMs),
    totalMs: totalMs === null ? null : toMicroseconds(totalMs),
    ...content,
  };
}

/** What is logged of a copy: a line beside the call's own, with its id. */
export interface ToldShadow {
  readonly outcome: ShadowOutcome;
  /** Null for what was never sent. */
  readonly shadow: AnsweredLeg | null;
  readonly compared: ComparedCall | null;
}

/** Flat, and without what is undefined, as the lines of requests are. */
export function logShadow({ plan, request, keyName }: CopiedCall, told: ToldShadow): void {
  const { outcome, shadow, compared } = told;
  plan.target.recorders.for(request.endpoint).access.writeFields(
    {
      requestId: request.requestId,
      keyName,
      outcome,
      error: shadow?.error ?? undefined,
      stream: request.plan.stream,
      answerBytes: shadow?.answerBytes,
      inputTokens: shadow?.inputTokens ?? undefined,
      outputTokens: shadow?.outputTokens ?? undefined,
      usageSource: shadow?.usage?.source,
      costUsd: shadow?.costUsd ?? undefined,
      firstByteMs: microseconds(shadow?.firstByteMs),
      durationMs: microseconds(shadow?.totalMs),
      primaryProvider: compared?.primary.provider,
      primaryModel: compared?.primary.model,
      primaryError: compared?.primary.error ?? undefined,
      primaryCostUsd: compared?.primary.costUsd ?? undefined,
      primaryFirstByteMs: compared?.primary.firstByteMs ?? undefined,
      primaryDurationMs: compared?.primary.totalMs ?? undefined,
      similarity: compared?.similarity ?? undefined,
      identical: compared?.identical ?? undefined,
      sameToolCalls: compared?.sameToolCalls ?? undefined,
      sameFinish: compared?.sameFinish ?? undefined,
    },
    "shadow",
  );
}

function microseconds(valueMs: number | null | undefined): number | undefined {
  return valueMs === null || valueMs === undefined ? undefined : toMicroseconds(valueMs);
}
