import {
  type FinishWords,
  finishOf,
  parsedArguments,
  type Reader,
  type Said,
  type SaidCall,
} from "../said.ts";
import { at, countAt, lastOf, listAt, textAt } from "./json-path.ts";

const FINISHES: FinishWords = {
  COMPLETE: "stop",
  STOP_SEQUENCE: "stop",
  MAX_TOKENS: "length",
  TOOL_CALL: "tool-calls",
  ERROR: "error",
};

export const cohere: Reader = {
  plain(body) {
    const content = listAt(body, "message", "content");
    return said({
      text: content.map((part) => textAt(part, "text")).join(""),
      calls: listAt(body, "message", "tool_calls").map((call) => ({
        name: textAt(call, "function", "name"),
        arguments: parsedArguments(at(call, "function", "arguments")),
      })),
      finish: textAt(body, "finish_reason"),
      usage: at(body, "usage"),
    });
  },
  stream(events) {
    const calls: { readonly name: string; json: string }[] = [];
    for (const event of events) {
      const call = at(event, "delta", "message", "tool_calls");
      const json = textAt(call, "function", "arguments");
      if (at(event, "type") === "tool-call-start")
        calls.push({ name: textAt(call, "function", "name"), json });
      const last = calls.at(-1);
      if (at(event, "type") === "tool-call-delta" && last !== undefined) last.json += json;
    }
    return said({
      text: events.map((event) => textAt(event, "delta", "message", "content", "text")).join(""),
      calls: calls.map(({ name, json }) => ({ name, arguments: parsedArguments(json) })),
      finish: String(lastOf(events.map((event) => at(event, "delta", "finish_reason"))) ?? ""),
      usage: lastOf(events.map((event) => at(event, "delta", "usage"))),
    });
  },
};

interface Found {
  readonly text: string;
  readonly calls: readonly SaidCall[];
  readonly finish: string;
  readonly usage: unknown;
}

/** What is billed is counted; of it the wire does not tell what came from the cache. */
function said({ text, calls, finish, usage }: Found): Said {
  const counted = at(usage, "billed_units") ?? at(usage, "tokens");
  const input = countAt(counted, "input_tokens") ?? 0;
  const output = countAt(counted, "output_tokens") ?? 0;
  return {
    text,
    calls,
    finish: finishOf(finish, FINISHES, calls),
    tokens:
      counted === undefined ? null : { input, cacheRead: null, cacheWrite: null, output, reasoning: null },
    failure: null,
    own: { finish, output, cacheRead: null },
  };
}
