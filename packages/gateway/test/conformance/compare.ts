import { isDeepStrictEqual } from "node:util";
import type { RecordedClient } from "./clients.ts";
import type { Said, SaidCall, SaidTokens } from "./said.ts";

/** What one client made of one recording. */
export type Outcome = { readonly said: Said } | { readonly error: string };

export interface Comparison {
  readonly client: RecordedClient;
  /** The provider's bytes were passed on, so that its own words and sums are to be seen. */
  readonly passedOn: boolean;
}

/** In what the client's reading differs from what the provider said, one sentence each; none when they agree. */
export function differences(expected: Said, outcome: Outcome, comparison: Comparison): string[] {
  if (expected.failure !== null) return failureDifferences(expected.failure, outcome);
  if ("error" in outcome) return expected.finish === "error" ? [] : [`the client failed: ${outcome.error}`];
  const { said } = outcome;
  const calls = expected.calls.map((call) => expectedCall(call, comparison.client));
  return [
    ...(said.failure === null ? [] : [`an error that was not there: ${said.failure}`]),
    ...different("text", expected.text, said.text),
    ...different("tool calls", calls, said.calls.map(withoutMark)),
    ...finishDifferences(expected, said, comparison),
    ...tokenDifferences(expected, said, comparison),
  ];
}

function failureDifferences(words: string, outcome: Outcome): string[] {
  const seen = "error" in outcome ? outcome.error : outcome.said.failure;
  if (seen === null)
    return [`the provider failed with ${JSON.stringify(words)}, and the client saw an answer`];
  return seen.includes(words)
    ? []
    : [`the provider's words ${JSON.stringify(words)} became ${JSON.stringify(seen)}`];
}

function expectedCall({ name, arguments: said, freeform }: SaidCall, client: RecordedClient): SaidCall {
  return { name, arguments: freeform === true && client.freeform === "input" ? { input: said } : said };
}

function withoutMark({ name, arguments: said }: SaidCall): SaidCall {
  return { name, arguments: said };
}

function finishDifferences(expected: Said, said: Said, { client, passedOn }: Comparison): string[] {
  if (passedOn) return different("finish reason", expected.own.finish, said.own.finish);
  const words = client.finishes[expected.finish];
  if (words === undefined || words.includes(said.own.finish)) return [];
  return [`finish reason: ${expected.own.finish} became ${said.own.finish}, not ${words.join(" or ")}`];
}

/** What a wire does not tell is not compared. */
function tokenDifferences(expected: Said, said: Said, { passedOn }: Comparison): string[] {
  if (expected.tokens === null) return [];
  if (said.tokens === null) return ["usage: none arrived"];
  const wanted: SaidTokens = passedOn
    ? { ...expected.tokens, output: expected.own.output, cacheRead: expected.own.cacheRead }
    : expected.tokens;
  const seen: SaidTokens = passedOn
    ? { ...said.tokens, output: said.own.output, cacheRead: said.own.cacheRead }
    : said.tokens;
  const names = Object.keys(wanted) as (keyof SaidTokens)[];
  return names.flatMap((name) =>
    wanted[name] === null || seen[name] === null ? [] : different(`${name} tokens`, wanted[name], seen[name]),
  );
}

function different(what: string, expected: unknown, seen: unknown): string[] {
  if (isDeepStrictEqual(expected, seen)) return [];
  return [`${what}: ${JSON.stringify(expected)} became ${JSON.stringify(seen)}`];
}
