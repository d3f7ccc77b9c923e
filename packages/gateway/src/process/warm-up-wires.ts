/** What the warm-up says and is told on each wire: a call of a client, and a provider's whole and streamed answer. */
import type { ClientChatWireId } from "@headrace/core/wire/wire-id";

export interface WarmUpWire {
  /** An adapter whose provider speaks this wire. */
  readonly adapter: string;
  /** Stands in the path of each request that such a provider gets, and of no other's. */
  readonly mark: string;
  /** How a client asks for a model. */
  call(model: string, stream: boolean): WarmUpCall;
  readonly answer: object;
  /** Of a stream, in the form of server-sent events. */
  readonly events: readonly string[];
}

export interface WarmUpCall {
  readonly path: string;
  readonly body: object;
}

const DELTAS = 20;
const TEXT = "the mill turns ".repeat(DELTAS / 4);
const QUESTION = "Say something.";
const MADE_AT_S = 1_750_000_000;

const deltas = <Event>(event: (word: string) => Event): Event[] =>
  Array.from({ length: DELTAS }, () => event(" word"));
const data = (event: object): string => `data: ${JSON.stringify(event)}\n\n`;
const named = (event: { readonly type: string; readonly sequence_number?: number }): string =>
  `event: ${event.type}\n${data(event)}`;

const CHAT = { id: "chatcmpl-warm-up", created: MADE_AT_S, model: "gpt-4o-mini" };
const CHAT_USAGE = {
  ...{ prompt_tokens: 9, completion_tokens: DELTAS, total_tokens: 9 + DELTAS },
  prompt_tokens_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
};
const chunk = (choices: readonly object[], usage: object | null): string =>
  data({ ...CHAT, object: "chat.completion.chunk", choices, usage });

const openAiChat: WarmUpWire = {
  adapter: "openai-compatible",
  mark: "/chat/completions",
  call: (model, stream) => ({
    path: "/v1/chat/completions",
    body: { model, stream, messages: [{ role: "user", content: QUESTION }] },
  }),
  answer: {
    ...CHAT,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: TEXT, refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: CHAT_USAGE,
  },
  events: [
    chunk([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }], null),
    ...deltas((content) => chunk([{ index: 0, delta: { content }, finish_reason: null }], null)),
    chunk([{ index: 0, delta: {}, finish_reason: "stop" }], null),
    chunk([], CHAT_USAGE),
    "data: [DONE]\n\n",
  ],
};

const MESSAGE = { id: "msg_warm_up", type: "message", role: "assistant", model: "claude-sonnet-4-5" };
const MESSAGE_USAGE = { input_tokens: 9, output_tokens: DELTAS };

const anthropicMessages: WarmUpWire = {
  adapter: "anthropic",
  mark: "/messages",
  call: (model, stream) => ({
    path: "/v1/messages",
    body: { model, stream, max_tokens: 100, messages: [{ role: "user", content: QUESTION }] },
  }),
  answer: {
    ...MESSAGE,
    content: [{ type: "text", text: TEXT }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: MESSAGE_USAGE,
  },
  events: [
    {
      type: "message_start",
      message: { ...MESSAGE, content: [], stop_reason: null, stop_sequence: null, usage: MESSAGE_USAGE },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...deltas((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: MESSAGE_USAGE },
    { type: "message_stop" },
  ].map(named),
};

const GEMINI_USAGE = { promptTokenCount: 9, candidatesTokenCount: DELTAS, totalTokenCount: 9 + DELTAS };
const generated = (text: string, rest: object = {}): object => ({
  candidates: [{ content: { role: "model", parts: [{ text }] }, index: 0, ...rest }],
  usageMetadata: GEMINI_USAGE,
  modelVersion: "gemini-2.5-flash",
  responseId: "warm-up",
});

const geminiGenerate: WarmUpWire = {
  adapter: "gemini",
  mark: "/models/",
  call: (model, stream) => ({
    path: `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: { contents: [{ role: "user", parts: [{ text: QUESTION }] }] },
  }),
  answer: generated(TEXT, { finishReason: "STOP" }),
  events: [...deltas((text) => data(generated(text))), data(generated("", { finishReason: "STOP" }))],
};

const ITEM = { id: "msg_warm_up", type: "message", role: "assistant" };
const PLACE = { item_id: ITEM.id, output_index: 0, content_index: 0 };
const part = (text: string): object => ({ type: "output_text", text, annotations: [], logprobs: [] });
const response = (status: string, output: readonly object[], usage: object | null): object => ({
  ...{ id: "resp_warm_up", object: "response", created_at: MADE_AT_S, model: "gpt-4o-mini", status },
  ...{ error: null, incomplete_details: null, store: false, output, usage },
});
const RESPONSE = response("completed", [{ ...ITEM, status: "completed", content: [part(TEXT)] }], {
  ...{ input_tokens: 9, output_tokens: DELTAS, total_tokens: 9 + DELTAS },
  input_tokens_details: { cached_tokens: 0 },
  output_tokens_details: { reasoning_tokens: 0 },
});

const openAiResponses: WarmUpWire = {
  adapter: "openai",
  mark: "/responses",
  // What is stored would outlive the warm-up.
  call: (model, stream) => ({
    path: "/v1/responses",
    body: { model, stream, store: false, input: QUESTION },
  }),
  answer: RESPONSE,
  events: [
    { type: "response.created", response: response("in_progress", [], null) },
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...ITEM, status: "in_progress", content: [] },
    },
    { type: "response.content_part.added", ...PLACE, part: part("") },
    ...deltas((delta) => ({ type: "response.output_text.delta", ...PLACE, delta, logprobs: [] })),
    { type: "response.output_text.done", ...PLACE, text: TEXT, logprobs: [] },
    { type: "response.content_part.done", ...PLACE, part: part(TEXT) },
    {
      type: "response.output_item.done",
      output_index: 0,
      item: { ...ITEM, status: "completed", content: [part(TEXT)] },
    },
    { type: "response.completed", response: RESPONSE },
  ].map((event, index) => named({ ...event, sequence_number: index })),
};

export type WarmUpWireId = Extract<
  ClientChatWireId,
  "openai-chat" | "anthropic-messages" | "openai-responses" | "gemini-generate"
>;

/** Those that most calls are written in. */
export const WARM_UP_WIRES: Readonly<Record<WarmUpWireId, WarmUpWire>> = {
  "openai-chat": openAiChat,
  "anthropic-messages": anthropicMessages,
  "openai-responses": openAiResponses,
  "gemini-generate": geminiGenerate,
};

export const WARM_UP_WIRE_IDS: readonly WarmUpWireId[] = [
  "openai-chat",
  "anthropic-messages",
  "openai-responses",
  "gemini-generate",
];
