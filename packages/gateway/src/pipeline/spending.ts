import { type Price, costUsd as priceUsage } from "@headrace/core/canonical/cost";
import { type TokenUsage, totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import { type MeteredUsage, sumUsage } from "./metered-usage.ts";

/** What was used, and what that costs. */
export interface Spending {
  /** Null when nothing was used, as far as is known. */
  readonly usage: MeteredUsage | null;
  /** Null when nothing was used, and when a price is not known. */
  readonly costUsd: number | null;
}

/** What a call took, as its client is told. */
export interface Toll extends Spending {
  readonly attempts: number;
}

const NOTHING: Spending = { usage: null, costUsd: null };

export function spendingOf(usage: MeteredUsage | null, price: Price | null): Spending {
  if (usage === null) return NOTHING;
  return { usage, costUsd: price === null ? null : costOf(usage.tokens, price) };
}

/** What was not told in tokens costs nothing in tokens only where it is not billed by them. */
function costOf(tokens: TokenUsage, price: Price): number | null {
  const { units } = tokens;
  if (units === undefined) return priceUsage(tokens, price);
  const hasTokens = totalInputTokens(tokens) + totalOutputTokens(tokens) > 0;
  return priceUsage(hasTokens ? tokens : null, price, units);
}

/** Of several tries: one that failed, or that lost a race, was worked on and is billed. */
export function sumSpending(tries: Iterable<{ spending(): Spending }>): Spending {
  let sum = NOTHING;
  for (const begun of tries) sum = add(sum, begun.spending());
  return sum;
}

/** Of what has no price the sum has none either: a part would look like the whole. */
function add(one: Spending, other: Spending): Spending {
  if (one.usage === null || other.usage === null) return one.usage === null ? other : one;
  const costUsd = one.costUsd === null || other.costUsd === null ? null : one.costUsd + other.costUsd;
  return { usage: sumUsage(one.usage, other.usage), costUsd };
}
