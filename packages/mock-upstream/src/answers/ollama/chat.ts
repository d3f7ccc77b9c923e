import type { MockBehaviour } from "../../behaviour/fields.ts";
import { JSON_LINES } from "../../wire/stream-format.ts";
import { CREATED_SECONDS } from "../answer-id.ts";
import type { Call, GenerationEndpoint, PlainAnswer } from "../contract.ts";
import {
  BARE_REQUEST,
  type Finish,
  finishWord,
  type Generation,
  type GenerationRequest,
  generate,
  type ToolCall,
} from "../generation.ts";
import { isJsonObject, numberOf, objectOf, objectsOf, stringOf } from "../json.ts";
import { functionTools, toolMessageRounds } from "../openai/shared-tools.ts";
import type { Refusal } from "../refusal.ts";
import { EventList, type StreamEvent } from "../stream-event.ts";
import { tokenCounts } from "../token-counts.ts";
import { ollamaProblem } from "./validation.ts";
import { OLLAMA } from "./wire.ts";

const FINISH_WORDS: Readonly<Record<Finish, string>> = {
  stop: "stop",
  length: "length",
  tool_calls: "stop",
  content_filter: "stop",
};
const CREATED_AT = new Date(CREATED_SECONDS * 1_000).toISOString();
const NS_PER_TOKEN = 1_000_000;
/** Says in `variant` that the request forbids thinking. */
const NO_THINKING = "no-thinking";

/** `POST /api/chat`: streams unless told not to. */
export const OLLAMA_CHAT: GenerationEndpoint = {
  kind: "generation",
  name: "ollama-chat",
  wire: () => OLLAMA,
  needsTarget: false,
  read: readOllamaChat,
  plain: plainAnswer,
  events: streamEvents,
  format: () => JSON_LINES,
};

function readOllamaChat({ body }: Call): GenerationRequest | Refusal {
  const problem = ollamaProblem(body);
  if (problem !== undefined) return problem;
  const messages = objectsOf(body.messages);
  return {
    ...BARE_REQUEST,
    model: stringOf(body.model),
    stream: body.stream !== false,
    maxTokens: numberOf(objectOf(body.options).num_predict),
    tools: functionTools(body.tools),
    toolRounds: toolMessageRounds(messages),
    jsonSchema: body.format === "json" ? true : isJsonObject(body.format) ? body.format : undefined,
    userText: stringOf(messages.findLast((message) => message.role === "user")?.content),
    variant: body.think === false ? NO_THINKING : "",
  };
}

function plainAnswer(request: GenerationRequest, behaviour: MockBehaviour): PlainAnswer {
  const said = say(request, behaviour);
  const message = {
    role: "assistant",
    content: said.pieces.join(""),
    ...(said.reasoning.length > 0 ? { thinking: said.reasoning.join("") } : {}),
    ...(said.toolCalls.length > 0 ? { tool_calls: said.toolCalls.map(wireToolCall) } : {}),
  };
  const body = { ...head(request), message, ...ending(said, behaviour) };
  return { body: JSON.stringify(body), completionTokens: said.completionTokens };
}

function streamEvents(request: GenerationRequest, behaviour: MockBehaviour): readonly StreamEvent[] {
  const said = say(request, behaviour);
  const list = new EventList();
  const add = (members: object): void => {
    const message = { role: "assistant", content: "", ...members };
    list.addToken("", { ...head(request), message, done: false });
  };
  for (const thinking of said.reasoning) add({ thinking });
  for (const content of said.pieces) add({ content });
  // Each call comes whole, its arguments as an object.
  for (const call of said.toolCalls) add({ tool_calls: [wireToolCall(call)] });
  if (said.finish !== null) {
    list.add("", {
      ...head(request),
      message: { role: "assistant", content: "" },
      ...ending(said, behaviour),
    });
  }
  return list.events;
}

function say(request: GenerationRequest, behaviour: MockBehaviour): Generation {
  return generate(
    request,
    request.variant === NO_THINKING ? { ...behaviour, reasoningTokens: 0 } : behaviour,
  );
}

function head(request: GenerationRequest): object {
  return { model: request.model, created_at: CREATED_AT };
}

function wireToolCall(call: ToolCall): object {
  return { function: { index: call.index, name: call.name, arguments: call.arguments } };
}

function ending(said: Generation, behaviour: MockBehaviour): object {
  const { prompt, completion } = tokenCounts(behaviour, said);
  const counts = {
    total_duration: (prompt + completion) * NS_PER_TOKEN,
    load_duration: NS_PER_TOKEN,
    prompt_eval_count: prompt,
    prompt_eval_duration: prompt * NS_PER_TOKEN,
    eval_count: completion,
    eval_duration: completion * NS_PER_TOKEN,
  };
  const reason =
    said.finish === null ? {} : { done_reason: finishWord(said.finish, FINISH_WORDS, behaviour) };
  return { ...reason, done: true, ...(behaviour.usage === "off" ? {} : counts) };
}
