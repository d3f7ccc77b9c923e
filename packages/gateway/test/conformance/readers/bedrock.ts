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
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  guardrail_intervened: "content-filter",
  content_filtered: "content-filter",
};

export const bedrock: Reader = {
  plain(body) {
    const content = listAt(body, "output", "message", "content");
    return said({
      text: content.map((block) => textAt(block, "text")).join(""),
      calls: content
        .filter((block) => at(block, "toolUse") !== undefined)
        .map((block) => ({
          name: textAt(block, "toolUse", "name"),
          arguments: parsedArguments(at(block, "toolUse", "input")),
        })),
      finish: textAt(body, "stopReason"),
      usage: at(body, "usage"),
      failure: null,
    });
  },
  /** Each event is an object whose one key is its type. */
  stream(events) {
    const calls: { readonly name: string; readonly index: unknown; json: string }[] = [];
    for (const event of events) {
      const tool = at(event, "contentBlockStart", "start", "toolUse");
      if (tool !== undefined)
        calls.push({
          name: textAt(tool, "name"),
          index: at(event, "contentBlockStart", "contentBlockIndex"),
          json: "",
        });
      const delta = at(event, "contentBlockDelta");
      const call = calls.find(({ index }) => index === at(delta, "contentBlockIndex"));
      if (delta !== undefined && call !== undefined) call.json += textAt(delta, "delta", "toolUse", "input");
    }
    return said({
      text: events.map((event) => textAt(event, "contentBlockDelta", "delta", "text")).join(""),
      calls: calls.map(({ name, json }) => ({ name, arguments: parsedArguments(json) })),
      finish: String(lastOf(events.map((event) => at(event, "messageStop", "stopReason"))) ?? ""),
      usage: lastOf(events.map((event) => at(event, "metadata", "usage"))),
      failure: events.map(exceptionIn).find((failure) => failure !== null) ?? null,
    });
  },
};

interface Found {
  readonly text: string;
  readonly calls: readonly SaidCall[];
  readonly finish: string;
  readonly usage: unknown;
  readonly failure: string | null;
}

function said({ text, calls, finish, usage, failure }: Found): Said {
  const cacheRead = countAt(usage, "cacheReadInputTokens") ?? 0;
  const cacheWrite = countAt(usage, "cacheWriteInputTokens") ?? 0;
  const input = (countAt(usage, "inputTokens") ?? 0) + cacheRead + cacheWrite;
  const output = countAt(usage, "outputTokens") ?? 0;
  return {
    text,
    calls,
    finish: finishOf(finish, FINISHES, calls),
    tokens: usage === undefined ? null : { input, cacheRead, cacheWrite, output, reasoning: null },
    failure,
    own: { finish, output, cacheRead },
  };
}

function exceptionIn(event: unknown): string | null {
  const [type] = Object.keys(event ?? {});
  return type?.endsWith("Exception") === true ? textAt(event, type, "message") : null;
}
