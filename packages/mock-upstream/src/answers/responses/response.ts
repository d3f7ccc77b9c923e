import type { MockBehaviour } from "../../behaviour/fields.ts";
import { CREATED_SECONDS, toolCallId } from "../answer-id.ts";
import { type Generation, type GenerationRequest, generate, type ToolCall } from "../generation.ts";
import { type JsonObject, objectOf, objectsOf } from "../json.ts";
import { sign } from "../signature.ts";
import { tokenCounts } from "../token-counts.ts";
import { REASONING_SIGNER } from "./validation.ts";

/** Members of a request that its response repeats, with what stands there when the request is silent. */
const ECHOED: readonly (readonly [name: string, fallback: unknown])[] = [
  ["instructions", null],
  ["max_output_tokens", null],
  ["max_tool_calls", null],
  ["parallel_tool_calls", true],
  ["previous_response_id", null],
  ["prompt_cache_key", null],
  ["safety_identifier", null],
  ["service_tier", "default"],
  ["store", true],
  ["temperature", 1],
  ["tool_choice", "auto"],
  ["tools", []],
  ["top_logprobs", 0],
  ["top_p", 1],
  ["truncation", "disabled"],
  ["user", null],
  ["metadata", {}],
];
const HASH_CHARACTERS = 32;

/** An item of a response's output as it is when done. */
export type OutputItem = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

/** What a request is answered with, before it becomes one body or many events. */
export class ResponseDraft {
  readonly said: Generation;
  readonly id: string;
  readonly #request: GenerationRequest;
  readonly #behaviour: MockBehaviour;
  readonly #body: JsonObject;

  constructor(request: GenerationRequest, behaviour: MockBehaviour) {
    this.said = generate(request, behaviour, behaviour.requireSignatures);
    this.id = request.variant;
    this.#request = request;
    this.#behaviour = behaviour;
    this.#body = request.body ?? {};
  }

  /** The summary of the reasoning is shown to who asks for one. */
  get showsSummary(): boolean {
    return objectOf(this.#body.reasoning).summary !== undefined;
  }

  /** `completed`, `incomplete` with its reason, or undefined for a response that never says it. */
  get ending(): { readonly status: string; readonly reason: string | null } | undefined {
    const { finish } = this.said;
    if (finish === null) return undefined;
    const word = this.#behaviour.finishWord;
    if (word !== "") return { status: "incomplete", reason: word };
    if (finish === "length") return { status: "incomplete", reason: "max_output_tokens" };
    if (finish === "content_filter") return { status: "incomplete", reason: "content_filter" };
    return { status: "completed", reason: null };
  }

  /** The response with the given status and output. */
  body(status: string, output: readonly OutputItem[]): JsonObject {
    const reason = this.ending?.reason ?? null;
    const over = status === "completed" || status === "incomplete";
    const echoed = ECHOED.map(([name, fallback]) => [name, this.#body[name] ?? fallback]);
    return {
      id: this.id,
      object: "response",
      created_at: CREATED_SECONDS,
      status,
      background: false,
      error: null,
      incomplete_details: status === "incomplete" ? { reason } : null,
      model: this.#request.model,
      output,
      reasoning: { effort: null, summary: null, ...objectOf(this.#body.reasoning) },
      text: { format: { type: "text" }, ...objectOf(this.#body.text) },
      ...Object.fromEntries(echoed),
      usage: over && this.#behaviour.usage !== "off" ? this.#usage() : null,
    };
  }

  /** All items of the output, done. */
  items(): OutputItem[] {
    const { reasoning, pieces, toolCalls } = this.said;
    return [
      ...(reasoning.length > 0 ? [this.reasoningItem()] : []),
      ...(pieces.length > 0 ? [this.messageItem()] : []),
      ...toolCalls.map((call) => this.callItem(call)),
    ];
  }

  reasoningItem(): OutputItem {
    const text = this.said.reasoning.join("");
    const include = this.#body.include;
    const encrypted = Array.isArray(include) && include.includes("reasoning.encrypted_content");
    return {
      id: this.#itemId("rs", 0),
      type: "reasoning",
      summary: this.showsSummary ? [{ type: "summary_text", text }] : [],
      ...(encrypted ? { encrypted_content: sign(REASONING_SIGNER, text) } : {}),
    };
  }

  messageItem(): OutputItem {
    return {
      id: this.#itemId("msg", 0),
      type: "message",
      status: this.ending?.status ?? "completed",
      content: [{ type: "output_text", annotations: [], logprobs: [], text: this.said.pieces.join("") }],
      role: "assistant",
    };
  }

  callItem(call: ToolCall): OutputItem {
    const custom = this.isCustom(call);
    return {
      id: this.#itemId(custom ? "ctc" : "fc", call.index),
      type: custom ? "custom_tool_call" : "function_call",
      status: "completed",
      [custom ? "input" : "arguments"]: call.pieces.join(""),
      call_id: toolCallId("call_mock", call.number, 20),
      name: call.name,
    };
  }

  /** Whether a call is one of a tool that takes free text. */
  isCustom(call: ToolCall): boolean {
    return objectsOf(this.#body.tools).some((tool) => tool.type === "custom" && tool.name === call.name);
  }

  #itemId(prefix: string, index: number): string {
    return `${prefix}_${this.id.slice(-HASH_CHARACTERS)}${String(index).padStart(4, "0")}`;
  }

  #usage(): object {
    const { prompt, cached, completion, reasoning } = tokenCounts(this.#behaviour, this.said);
    return {
      input_tokens: prompt,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: completion,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: prompt + completion,
    };
  }
}
