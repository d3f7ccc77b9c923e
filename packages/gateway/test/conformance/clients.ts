/** The official clients, each reading its answers as its users do. */
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { KEY } from "../support/mock-gateway.ts";
import type { RecordedWire } from "./providers.ts";
import { anthropic as anthropicReader } from "./readers/anthropic.ts";
import { openAiChat as chatReader } from "./readers/openai-chat.ts";
import { openAiResponses as responsesReader } from "./readers/openai-responses.ts";
import type { Finish, Said, SaidCall } from "./said.ts";

export interface Question {
  readonly model: string;
  readonly stream: boolean;
  /** The calls that will be answered, whose tools a client has to offer. */
  readonly calls: readonly SaidCall[];
}

export interface RecordedClient {
  readonly title: string;
  /** The wire on which a provider's bytes are passed on to this client. */
  readonly own: RecordedWire;
  /** Wires whose recordings the gateway would not ask for on behalf of this client. */
  readonly passesBy: readonly RecordedWire[];
  /** Its wire's words for how an answer ends. */
  readonly finishes: Readonly<Partial<Record<Finish, readonly string[]>>>;
  /** What its wire makes of a tool call that takes plain text. */
  readonly freeform: "kept" | "input";
  /** Rejects with the client's own error. */
  ask(gatewayUrl: string, question: Question): Promise<Said>;
}

const PROMPT = "What did you say when you were recorded?";
const PARAMETERS = { type: "object", properties: {}, additionalProperties: true } as const;
const MAX_TOKENS = 8_000;

const openAiChat: RecordedClient = {
  title: "openai, chat",
  own: "openai",
  passesBy: ["ollama"],
  finishes: {
    stop: ["stop"],
    length: ["length"],
    "tool-calls": ["tool_calls"],
    "content-filter": ["content_filter"],
  },
  freeform: "kept",
  async ask(gatewayUrl, { model, stream, calls }) {
    const client = openAi(gatewayUrl);
    const tools = calls.map(({ name, freeform }): OpenAI.ChatCompletionTool => {
      return freeform === true
        ? { type: "custom", custom: { name } }
        : { type: "function", function: { name, parameters: PARAMETERS } };
    });
    const asked: OpenAI.ChatCompletionCreateParams = {
      model,
      messages: [{ role: "user", content: PROMPT }],
      ...(tools.length === 0 ? {} : { tools }),
    };
    const answer = stream
      ? await client.chat.completions
          .stream({ ...asked, stream: true, stream_options: { include_usage: true } })
          .finalChatCompletion()
      : await client.chat.completions.create({ ...asked, stream: false });
    return chatReader.plain(answer);
  },
};

const openAiResponses: RecordedClient = {
  title: "openai, responses",
  own: "responses",
  // The same answers as the chat client's; it is asked where that would pass a recording by, and on its own wire.
  passesBy: ["openai", "anthropic", "gemini", "bedrock", "cohere"],
  finishes: {
    stop: ["completed"],
    "tool-calls": ["completed"],
    length: ["max_output_tokens"],
    "content-filter": ["content_filter"],
  },
  freeform: "kept",
  async ask(gatewayUrl, { model, stream, calls }) {
    const client = openAi(gatewayUrl);
    const tools = calls.map(({ name, freeform }): OpenAI.Responses.Tool => {
      return freeform === true
        ? { type: "custom", name }
        : { type: "function", name, parameters: PARAMETERS, strict: false };
    });
    const asked = { model, input: PROMPT, tools };
    if (!stream) return responsesReader.plain(await client.responses.create({ ...asked, stream: false }));
    const events: object[] = [];
    for await (const event of await client.responses.create({ ...asked, stream: true })) events.push(event);
    return responsesReader.stream(events);
  },
};

const anthropic: RecordedClient = {
  title: "@anthropic-ai/sdk",
  own: "anthropic",
  passesBy: ["ollama"],
  finishes: {
    stop: ["end_turn", "stop_sequence"],
    length: ["max_tokens"],
    "tool-calls": ["tool_use"],
    "content-filter": ["refusal"],
  },
  freeform: "input",
  async ask(gatewayUrl, { model, stream, calls }) {
    const client = new Anthropic({ apiKey: KEY, baseURL: gatewayUrl, maxRetries: 0 });
    const tools = calls.map(({ name }) => ({ name, input_schema: PARAMETERS }));
    const asked: Anthropic.MessageCreateParamsNonStreaming = {
      model,
      max_tokens: MAX_TOKENS,
      messages: [{ role: "user", content: PROMPT }],
      ...(tools.length === 0 ? {} : { tools }),
    };
    const message = stream
      ? await client.messages.stream(asked).finalMessage()
      : await client.messages.create(asked);
    return anthropicReader.plain(message);
  },
};

export const CLIENTS: readonly RecordedClient[] = [openAiChat, openAiResponses, anthropic];

function openAi(gatewayUrl: string): OpenAI {
  return new OpenAI({ apiKey: KEY, baseURL: `${gatewayUrl}/v1`, maxRetries: 0 });
}
