import type { MockBehaviour } from "../../behaviour/fields.ts";
import { NAMED_EVENTS } from "../../wire/stream-format.ts";
import { answerId, toolCallId } from "../answer-id.ts";
import type { Call, GenerationEndpoint, PlainAnswer } from "../contract.ts";
import {
  BARE_REQUEST,
  type Finish,
  finishWord,
  type Generation,
  type GenerationRequest,
  generate,
  type ToolCall,
  type ToolStep,
  toolSteps,
} from "../generation.ts";
import { numberOf, objectOf, objectsOf, stringOf, textOf } from "../json.ts";
import { functionTools, toolMessageRounds } from "../openai/shared-tools.ts";
import type { Refusal } from "../refusal.ts";
import { EventList, type StreamEvent } from "../stream-event.ts";
import { tokenCounts } from "../token-counts.ts";
import { cohereProblem } from "./validation.ts";
import { COHERE } from "./wire.ts";

const FINISH_WORDS: Readonly<Record<Finish, string>> = {
  stop: "COMPLETE",
  length: "MAX_TOKENS",
  tool_calls: "TOOL_CALL",
  content_filter: "ERROR",
};
/** What Cohere puts around a prompt and an answer counts as tokens and is not billed. */
const UNBILLED_INPUT_TOKENS = 495;
const UNBILLED_OUTPUT_TOKENS = 3;

/** `POST /v2/chat`. */
export const COHERE_CHAT: GenerationEndpoint = {
  kind: "generation",
  name: "cohere-chat",
  wire: () => COHERE,
  needsTarget: false,
  read: readCohereChat,
  plain: plainAnswer,
  events: streamEvents,
  format: () => NAMED_EVENTS,
};

function readCohereChat({ body }: Call): GenerationRequest | Refusal {
  const problem = cohereProblem(body);
  if (problem !== undefined) return problem;
  const messages = objectsOf(body.messages);
  const format = objectOf(body.response_format);
  return {
    ...BARE_REQUEST,
    model: stringOf(body.model),
    stream: body.stream === true,
    maxTokens: numberOf(body.max_tokens),
    tools: body.tool_choice === "NONE" ? [] : functionTools(body.tools),
    toolRounds: toolMessageRounds(messages),
    jsonSchema: format.type === "json_object" ? (format.json_schema ?? format.schema ?? true) : undefined,
    userText: textOf(messages.findLast((message) => message.role === "user")?.content),
  };
}

function plainAnswer(request: GenerationRequest, behaviour: MockBehaviour): PlainAnswer {
  const said = generate(request, behaviour);
  const calls = said.toolCalls.length > 0;
  const thinking = said.reasoning.length > 0 ? [{ type: "thinking", thinking: said.reasoning.join("") }] : [];
  const text = calls ? [] : [{ type: "text", text: said.pieces.join("") }];
  const content = [...thinking, ...text];
  const message = {
    role: "assistant",
    ...(content.length === 0 ? {} : { content }),
    ...(calls ? { tool_plan: said.pieces.join(""), tool_calls: said.toolCalls.map(wireToolCall) } : {}),
  };
  const reason = finishReason(said, behaviour);
  const body = {
    id: answerId("", request.model),
    message,
    ...(reason === undefined ? {} : { finish_reason: reason }),
    ...usageOf(behaviour, said),
  };
  return { body: JSON.stringify(body), completionTokens: said.completionTokens };
}

function streamEvents(request: GenerationRequest, behaviour: MockBehaviour): readonly StreamEvent[] {
  const said = generate(request, behaviour);
  const list = new EventList();
  const add = (type: string, members: object): void => list.add(type, { type, ...members });
  const start = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
  list.add("message-start", {
    id: answerId("", request.model),
    type: "message-start",
    delta: { message: start },
  });
  let index = 0;
  const addContent = (kind: "thinking" | "text", pieces: readonly string[]): void => {
    if (pieces.length === 0) return;
    add("content-start", { index, delta: { message: { content: { type: kind, [kind]: "" } } } });
    for (const piece of pieces) {
      add("content-delta", { index, delta: { message: { content: { [kind]: piece } } } });
      list.countToken();
    }
    add("content-end", { index });
    index += 1;
  };
  addContent("thinking", said.reasoning);
  if (said.toolCalls.length === 0) addContent("text", said.pieces);
  else for (const piece of said.pieces) list.addToken("tool-plan-delta", planDelta(piece));
  for (const step of toolSteps(said.toolCalls, behaviour.interleaveToolCalls)) addToolStep(list, step);
  const reason = finishReason(said, behaviour);
  if (reason !== undefined)
    add("message-end", { delta: { finish_reason: reason, ...usageOf(behaviour, said) } });
  return list.events;
}

function planDelta(piece: string): object {
  return { type: "tool-plan-delta", delta: { message: { tool_plan: piece } } };
}

/** A call's parts; unlike OpenAI's, `tool_calls` of an event is one object and the index stands beside it. */
function addToolStep(list: EventList, step: ToolStep): void {
  const { index } = step.call;
  const add = (type: string, call: object | undefined): void => {
    const delta = call === undefined ? {} : { delta: { message: { tool_calls: call } } };
    list.add(type, { type, index, ...delta });
  };
  if (step.kind === "end") {
    add("tool-call-end", undefined);
    return;
  }
  if (step.kind === "start") {
    const { id, type, function: called } = wireToolCall(step.call);
    add("tool-call-start", { id, type, function: { name: called.name, arguments: "" } });
  } else if (step.piece !== "{}") {
    // No arguments at all are no event at all.
    add("tool-call-delta", { function: { arguments: step.piece } });
  }
  list.countToken();
}

function wireToolCall(call: ToolCall): {
  readonly id: string;
  readonly type: string;
  readonly function: { readonly name: string; readonly arguments: string };
} {
  return {
    id: toolCallId(`${call.name}_mock`, call.number, 8),
    type: "function",
    function: { name: call.name, arguments: call.pieces.join("") },
  };
}

function finishReason(said: Generation, behaviour: MockBehaviour): string | undefined {
  return said.finish === null ? undefined : finishWord(said.finish, FINISH_WORDS, behaviour);
}

function usageOf(behaviour: MockBehaviour, said: Generation): object {
  if (behaviour.usage === "off") return {};
  const { prompt, cached, completion } = tokenCounts(behaviour, said);
  return {
    usage: {
      billed_units: { input_tokens: prompt, output_tokens: completion },
      tokens: {
        input_tokens: prompt + UNBILLED_INPUT_TOKENS,
        output_tokens: completion + UNBILLED_OUTPUT_TOKENS,
      },
      cached_tokens: cached,
    },
  };
}
