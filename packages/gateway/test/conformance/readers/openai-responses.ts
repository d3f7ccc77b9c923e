import {
  type FinishWords,
  finishOf,
  parsedArguments,
  type Reader,
  type Said,
  type SaidCall,
} from "../said.ts";
import { at, countAt, listAt, textAt } from "./json-path.ts";

/** What an incomplete response gives for its reason stands for its status. */
export const RESPONSES_FINISHES: FinishWords = {
  completed: "stop",
  max_output_tokens: "length",
  content_filter: "content-filter",
  failed: "error",
};

export const openAiResponses: Reader = {
  plain: (body) => said(body, listAt(body, "output"), null),
  stream(events) {
    const done = events.filter((event) => at(event, "type") === "response.output_item.done");
    const last = events.map((event) => at(event, "response")).findLast((response) => response !== undefined);
    const error = events.find((event) => at(event, "type") === "error");
    const words = textAt(error, "error", "message") || textAt(error, "message");
    return said(
      last,
      done.map((event) => at(event, "item")),
      error === undefined ? null : words,
    );
  },
};

function said(response: unknown, items: readonly unknown[], failure: string | null): Said {
  const calls = items.flatMap(callIn);
  const finish = textAt(response, "incomplete_details", "reason") || textAt(response, "status");
  const usage = at(response, "usage") ?? undefined;
  const output = countAt(usage, "output_tokens") ?? 0;
  const cacheRead = countAt(usage, "input_tokens_details", "cached_tokens") ?? 0;
  const reasoning = countAt(usage, "output_tokens_details", "reasoning_tokens") ?? 0;
  const input = countAt(usage, "input_tokens") ?? 0;
  return {
    text: items
      .flatMap((item) => listAt(item, "content"))
      .map((part) => (at(part, "type") === "output_text" ? textAt(part, "text") : ""))
      .join(""),
    calls,
    finish: finishOf(finish, RESPONSES_FINISHES, calls),
    tokens: usage === undefined ? null : { input, cacheRead, cacheWrite: null, output, reasoning },
    failure: failure ?? (finish === "failed" ? textAt(response, "error", "message") : null),
    own: { finish, output, cacheRead },
  };
}

function callIn(item: unknown): SaidCall[] {
  const name = textAt(item, "name");
  switch (at(item, "type")) {
    case "function_call":
      return [{ name, arguments: parsedArguments(at(item, "arguments")) }];
    case "custom_tool_call":
      return [{ name, arguments: textAt(item, "input"), freeform: true }];
    default:
      return [];
  }
}
