import type { RefusalKind } from "@headrace/providers/refusal-kind";
import type { ShareBudget } from "@headrace/routing/budget/share-budget";
import type { RouteNode } from "@headrace/routing/route";
import type { Destination, RetryPolicy } from "../snapshot/snapshot.ts";

/** Where a request may go, and how often. */
export interface TriesPlan<T extends Destination> {
  readonly route: RouteNode<T>;
  readonly retry: RetryPolicy;
  /** Of second targets, beside that of all calls; absent = that one alone bounds them. */
  readonly hedgeBudget?: ShareBudget | null;
  /** Where it may go after these, by what went wrong; absent = nowhere. */
  readonly fallbacks?: Fallbacks<T>;
}

/** Tried in turn, each at most once in a call. */
export type Fallbacks<T extends Destination> = Readonly<
  Record<RefusalKind | "other", readonly TriesPlan<T>[]>
>;
