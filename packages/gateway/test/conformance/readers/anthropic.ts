import { type FinishWords, finishOf, parsedArguments, type Reader, type Said } from "../said.ts";
import { at, countAt, lastOf, listAt, textAt } from "./json-path.ts";

export const ANTHROPIC_FINISHES: FinishWords = {
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  tool_use: "tool-calls",
  refusal: "content-filter",
};

/** Counts that a later event may correct. */
const COUNTS = [
  "input_tokens",
  "output_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
] as const;

export const anthropic: Reader = {
  plain(body) {
    const usage = at(body, "usage");
    return said(listAt(body, "content"), {
      finish: textAt(body, "stop_reason"),
      usages: [usage],
      failure: failureIn(body),
    });
  },
  stream(events) {
    const blocks: Block[] = [];
    for (const event of events) {
      const index = countAt(event, "index");
      if (index === null) continue;
      const start = at(event, "content_block");
      if (start !== undefined) blocks[index] = openBlock(start);
      else addDelta(blocks[index], at(event, "delta"));
    }
    const whole = blocks.map(({ type, name, input, text, json }) => {
      return { type, name, text, input: json.trim() === "" ? input : parsedArguments(json) };
    });
    return said(whole, {
      finish: String(lastOf(events.map((event) => at(event, "delta", "stop_reason"))) ?? ""),
      usages: events.map((event) => at(event, "message", "usage") ?? at(event, "usage")),
      failure: events.map(failureIn).find((failure) => failure !== null) ?? null,
    });
  },
};

interface Block {
  readonly type: unknown;
  readonly name: string;
  readonly input: unknown;
  text: string;
  json: string;
}

function openBlock(start: unknown): Block {
  return {
    type: at(start, "type"),
    name: textAt(start, "name"),
    input: at(start, "input"),
    text: textAt(start, "text"),
    json: "",
  };
}

function addDelta(block: Block | undefined, delta: unknown): void {
  if (block === undefined) return;
  block.text += textAt(delta, "text");
  block.json += textAt(delta, "partial_json");
}

interface Rest {
  readonly finish: string;
  readonly usages: readonly unknown[];
  readonly failure: string | null;
}

function said(blocks: readonly unknown[], { finish, usages, failure }: Rest): Said {
  const calls = blocks
    .filter((block) => at(block, "type") === "tool_use")
    .map((block) => ({ name: textAt(block, "name"), arguments: parsedArguments(at(block, "input")) }));
  const [uncached, output, cacheRead, cacheWrite] = COUNTS.map((name) =>
    Number(lastOf(usages.map((usage) => at(usage, name))) ?? 0),
  ) as [number, number, number, number];
  const told = usages.some((usage) => usage !== undefined);
  const tokens = { input: uncached + cacheRead + cacheWrite, cacheRead, cacheWrite, output, reasoning: null };
  return {
    text: blocks.map((block) => (at(block, "type") === "text" ? textAt(block, "text") : "")).join(""),
    calls,
    finish: finishOf(finish, ANTHROPIC_FINISHES, calls),
    tokens: told ? tokens : null,
    failure,
    own: { finish, output, cacheRead },
  };
}

function failureIn(body: unknown): string | null {
  return at(body, "type") === "error" ? textAt(body, "error", "message") : null;
}
