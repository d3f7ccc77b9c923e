/** What an answer says, in words of no wire, so that a provider's recording and a client's reading can be compared. */

export type Finish = "stop" | "length" | "tool-calls" | "content-filter" | "error" | "other";

export interface SaidCall {
  readonly name: string;
  /** Parsed JSON; of a tool that takes plain text, that text. */
  readonly arguments: unknown;
  readonly freeform?: true;
}

/** Tokens; null for what the wire does not tell. */
export interface SaidTokens {
  /** All that was read, cached or not. */
  readonly input: number;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  /** All that was written, reasoning included. */
  readonly output: number;
  readonly reasoning: number | null;
}

export interface Said {
  readonly text: string;
  readonly calls: readonly SaidCall[];
  readonly finish: Finish;
  readonly tokens: SaidTokens | null;
  /** The words of an error that came in place of an answer's end. */
  readonly failure: string | null;
  /** The same in the wire's own words and sums, for clients to whom its bytes are passed on. */
  readonly own: { readonly finish: string; readonly output: number; readonly cacheRead: number | null };
}

export interface Reader {
  readonly plain: (body: unknown) => Said;
  readonly stream: (events: readonly unknown[]) => Said;
}

/** A wire's words for how an answer ends; a word that is not among them is "other". */
export type FinishWords = Readonly<Record<string, Finish>>;

/** Some providers say of an answer that calls tools that it stopped, and some that there are calls where there are none. */
export function finishOf(word: string, words: FinishWords, calls: readonly SaidCall[]): Finish {
  const finish = Object.hasOwn(words, word) ? (words[word] ?? "other") : "other";
  if (finish === "stop" && calls.length > 0) return "tool-calls";
  return finish === "tool-calls" && calls.length === 0 ? "stop" : finish;
}

/** Arguments as a provider writes them: JSON, nothing at all for none, or an object as it is. */
export function parsedArguments(written: unknown): unknown {
  if (typeof written !== "string") return written ?? {};
  return written.trim() === "" ? {} : JSON.parse(written);
}
