/** Where the answers of every provider lie that the suite reads, and why some of them do not exist. */

/** What every provider's chats are tried with; a case is a file of that name. */
export const CASES = ["text", "tools", "parallel-tools", "thinking", "error", "cut"] as const;
export type Case = (typeof CASES)[number];

/** The reason why a provider has no such answer. */
export type Exemptions = Readonly<Partial<Record<Case, string>>>;

export type FixtureSet =
  /** Its own answers, in a folder of packages/providers/fixtures. */
  | { readonly folder: string; readonly without?: Exemptions }
  /** Those of another adapter, read by its own codec. */
  | { readonly like: string; readonly because: string }
  /** It has no chats. */
  | { readonly noChat: string };
