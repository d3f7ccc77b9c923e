import type { MockBehaviour } from "../../behaviour/fields.ts";
import { ANTHROPIC_EVENTS } from "../../wire/stream-format.ts";
import { answerId, toolCallId } from "../answer-id.ts";
import type { Call, GenerationEndpoint, JsonEndpoint, PlainAnswer } from "../contract.ts";
import {
  type Finish,
  finishWord,
  type Generation,
  type GenerationRequest,
  generate,
  type ToolCall,
} from "../generation.ts";
import { jsonAnswer } from "../json-answer.ts";
import type { Refusal } from "../refusal.ts";
import { sign } from "../signature.ts";
import { EventList, type StreamEvent } from "../stream-event.ts";
import { tokenCounts } from "../token-counts.ts";
import { CLAUDE_SIGNER, REDACTED_SIGNER } from "./history.ts";
import { readMessages } from "./request.ts";
import { countTokensProblem } from "./validation.ts";
import { ANTHROPIC } from "./wire.ts";

const FINISH_WORDS: Readonly<Record<Finish, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
};

/** `POST /v1/messages`. */
export const MESSAGES: GenerationEndpoint = {
  kind: "generation",
  name: "messages",
  wire: () => ANTHROPIC,
  needsTarget: true,
  read: readMessages,
  plain: messagesAnswer,
  events: messagesEvents,
  format: () => ANTHROPIC_EVENTS,
};

/** `POST /v1/messages/count_tokens`. */
export const COUNT_TOKENS: JsonEndpoint = {
  kind: "json",
  name: "messages-count-tokens",
  wire: () => ANTHROPIC,
  needsTarget: true,
  answer: countAnswer,
};

/** Body of a plain message. */
export function messagesAnswer(request: GenerationRequest, behaviour: MockBehaviour): PlainAnswer {
  const said = say(request, behaviour);
  const content = [
    ...thinkingBlocks(said, behaviour),
    ...(said.pieces.length === 0 ? [] : [{ type: "text", text: said.pieces.join("") }]),
    ...said.toolCalls.map((call) => ({ ...toolUse(call), input: call.arguments })),
  ];
  const usage = behaviour.usage === "off" ? {} : { usage: usageOf(behaviour, said, said.completionTokens) };
  const body = {
    ...messageHead(request.model),
    content,
    stop_reason: stopReason(said, behaviour),
    stop_sequence: null,
    ...usage,
  };
  return { body: JSON.stringify(body), completionTokens: said.completionTokens };
}

/** Events of a streamed message. */
export function messagesEvents(request: GenerationRequest, behaviour: MockBehaviour): readonly StreamEvent[] {
  const said = say(request, behaviour);
  const stream = new MessageStream();
  stream.add("message_start", { message: startMessage(request, behaviour, said) });
  const [thought] = thinkingBlocks(said, behaviour);
  if (thought?.type === "redacted_thinking") {
    stream.start(thought);
    stream.stop();
  } else if (thought !== undefined) {
    stream.start({ type: "thinking", thinking: "", signature: "" });
    for (const piece of said.reasoning) stream.token({ type: "thinking_delta", thinking: piece });
    stream.delta({ type: "signature_delta", signature: thought.signature });
    stream.stop();
  }
  if (said.pieces.length > 0) {
    stream.start({ type: "text", text: "" });
    for (const piece of said.pieces) stream.token({ type: "text_delta", text: piece });
    stream.stop();
  }
  for (const call of said.toolCalls) {
    stream.start({ ...toolUse(call), input: {} });
    stream.token({ type: "input_json_delta", partial_json: "" });
    const pieces = Object.keys(call.arguments).length === 0 ? [] : call.pieces;
    for (const piece of pieces) stream.token({ type: "input_json_delta", partial_json: piece });
    stream.stop();
  }
  const reason = stopReason(said, behaviour);
  if (reason !== null) addMessageDelta(stream, reason, { behaviour, said });
  if (behaviour.done) stream.add("message_stop", {});
  return stream.list.events;
}

/** Writes content blocks one after the other, as Anthropic does. */
class MessageStream {
  readonly list: EventList = new EventList();
  #index = 0;

  add(type: string, members: object): void {
    this.list.add(type, { type, ...members });
  }

  start(block: object): void {
    this.add("content_block_start", { index: this.#index, content_block: block });
    // Real streams have one after their first block began.
    if (this.#index === 0) this.add("ping", {});
  }

  delta(delta: object): void {
    this.add("content_block_delta", { index: this.#index, delta });
  }

  token(delta: object): void {
    this.delta(delta);
    this.list.countToken();
  }

  stop(): void {
    this.add("content_block_stop", { index: this.#index });
    this.#index += 1;
  }
}

type ThinkingBlock =
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string };

function thinkingBlocks(said: Generation, { redactedThinking }: MockBehaviour): ThinkingBlock[] {
  const thinking = said.reasoning.join("");
  if (thinking === "") return [];
  if (redactedThinking) return [{ type: "redacted_thinking", data: sign(REDACTED_SIGNER, thinking) }];
  return [{ type: "thinking", thinking, signature: sign(CLAUDE_SIGNER, thinking) }];
}

function say(request: GenerationRequest, behaviour: MockBehaviour): Generation {
  return generate(request, behaviour, behaviour.requireSignatures);
}

function stopReason(said: Generation, behaviour: MockBehaviour): string | null {
  return said.finish === null ? null : finishWord(said.finish, FINISH_WORDS, behaviour);
}

function startMessage(request: GenerationRequest, behaviour: MockBehaviour, said: Generation): object {
  const { usage } = behaviour;
  const none = usage === "off" || usage === "finish-chunk";
  return {
    ...messageHead(request.model),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: none ? { input_tokens: 0, output_tokens: 0 } : usageOf(behaviour, said, 1),
  };
}

/** Ends the message; its usage is the whole sum so far, so that a second one changes nothing. */
function addMessageDelta(
  stream: MessageStream,
  reason: string,
  { behaviour, said }: { readonly behaviour: MockBehaviour; readonly said: Generation },
): void {
  const { cache_creation: _, service_tier: __, ...sums } = usageOf(behaviour, said, said.completionTokens);
  const usage = behaviour.usage === "off" ? {} : { usage: sums };
  stream.add("message_delta", { delta: { stop_reason: reason, stop_sequence: null }, ...usage });
  if (behaviour.usage === "twice") stream.add("message_delta", { delta: {}, ...usage });
}

interface AnthropicUsage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation: object;
  readonly output_tokens: number;
  readonly service_tier: string;
}

/** Anthropic counts what a cache gave or took apart from the input, and thinking inside the output. */
function usageOf(behaviour: MockBehaviour, said: Generation, outputTokens: number): AnthropicUsage {
  const { uncached, cached, cacheWrite5m, cacheWrite1h } = tokenCounts(behaviour, said);
  return {
    input_tokens: uncached,
    cache_creation_input_tokens: cacheWrite5m + cacheWrite1h,
    cache_read_input_tokens: cached,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWrite5m,
      ephemeral_1h_input_tokens: cacheWrite1h,
    },
    output_tokens: outputTokens,
    service_tier: "standard",
  };
}

function messageHead(model: string): object {
  return { id: answerId("msg_", model), type: "message", role: "assistant", model };
}

function toolUse(call: ToolCall): object {
  return { type: "tool_use", id: toolCallId("toolu_mock", call.number, 20), name: call.name };
}

function countAnswer(call: Call): PlainAnswer | Refusal {
  const problem = countTokensProblem(call);
  if (problem !== undefined) return problem;
  return jsonAnswer({ input_tokens: call.behaviour.promptTokens });
}
