import {
  type FinishWords,
  finishOf,
  parsedArguments,
  type Reader,
  type Said,
  type SaidCall,
} from "../said.ts";
import { at, countAt, lastOf, listAt, textAt } from "./json-path.ts";

/** OpenAI's words and those of vendors on its wire. */
export const OPENAI_FINISHES: FinishWords = {
  stop: "stop",
  eos: "stop",
  length: "length",
  model_length: "length",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  content_filter: "content-filter",
  error: "error",
  insufficient_system_resource: "error",
};

/** A call while its pieces come. */
interface Pieces {
  readonly id: string;
  readonly index: unknown;
  name: string;
  written: string;
  whole: unknown;
  readonly freeform: boolean;
}

export const openAiChat: Reader = {
  plain(body) {
    const message = at(body, "choices", 0, "message");
    const calls: Pieces[] = [];
    for (const call of listAt(message, "tool_calls")) addPiece(calls, call);
    return said({
      text: contentText(at(message, "content")),
      calls,
      finish: textAt(body, "choices", 0, "finish_reason"),
      usage: at(body, "usage"),
      failure: failureIn(body),
    });
  },
  stream(events) {
    const calls: Pieces[] = [];
    for (const event of events)
      for (const call of listAt(event, "choices", 0, "delta", "tool_calls")) addPiece(calls, call);
    return said({
      text: events.map((event) => contentText(at(event, "choices", 0, "delta", "content"))).join(""),
      calls,
      finish: String(lastOf(events.map((event) => at(event, "choices", 0, "finish_reason"))) ?? ""),
      usage: lastOf(events.map((event) => at(event, "usage") ?? at(event, "x_groq", "usage"))),
      failure: events.map(failureIn).find((failure) => failure !== null) ?? null,
    });
  },
};

/** Text, or parts of which some are text. */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (at(part, "type") === "text" ? textAt(part, "text") : "")).join("");
}

/** A piece belongs to the call of its id, else of its index, else to the last one. */
function addPiece(calls: Pieces[], piece: unknown): void {
  const id = textAt(piece, "id");
  const index = at(piece, "index");
  const known =
    id === ""
      ? calls.findLast((call) => index === undefined || call.index === index)
      : calls.find((call) => call.id === id);
  const freeform = at(piece, "custom") !== undefined;
  const said = at(piece, freeform ? "custom" : "function");
  const call = known ?? { id, index, name: "", written: "", whole: undefined, freeform };
  if (known === undefined) calls.push(call);
  call.name ||= textAt(said, "name");
  const written = at(said, freeform ? "input" : "arguments");
  if (typeof written === "string") call.written += written;
  else call.whole = written ?? call.whole;
}

function finished({ name, written, whole, freeform }: Pieces): SaidCall {
  return freeform
    ? { name, arguments: written, freeform }
    : { name, arguments: whole ?? parsedArguments(written) };
}

interface Found {
  readonly text: string;
  readonly calls: readonly Pieces[];
  readonly finish: string;
  readonly usage: unknown;
  readonly failure: string | null;
}

function said({ text, calls: pieces, finish, usage, failure }: Found): Said {
  const calls = pieces.map(finished);
  const input = countAt(usage, "prompt_tokens") ?? 0;
  const completion = countAt(usage, "completion_tokens") ?? 0;
  const reasoning = countAt(usage, "completion_tokens_details", "reasoning_tokens") ?? 0;
  // xAI leaves reasoning out of the completion, and in the total.
  const apart = reasoning > 0 && countAt(usage, "total_tokens") === input + completion + reasoning;
  const output = apart ? completion + reasoning : completion;
  const detailed = countAt(usage, "prompt_tokens_details", "cached_tokens");
  const cacheRead =
    detailed ?? countAt(usage, "num_cached_tokens") ?? countAt(usage, "prompt_cache_hit_tokens") ?? 0;
  const tokens = { input, cacheRead, cacheWrite: null, output, reasoning };
  return {
    text,
    calls,
    finish: finishOf(finish, OPENAI_FINISHES, calls),
    tokens: usage === undefined || usage === null ? null : tokens,
    failure,
    own: { finish, output: completion, cacheRead: detailed ?? 0 },
  };
}

function failureIn(body: unknown): string | null {
  const error = at(body, "error");
  if (error === undefined || error === null) return null;
  return typeof error === "string" ? error : textAt(error, "message");
}
