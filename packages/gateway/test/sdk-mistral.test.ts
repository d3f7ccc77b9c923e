/** Mistral's official client to every provider family. */
import assert from "node:assert/strict";
import { Mistral } from "@mistralai/mistralai";
import type {
  AssistantMessage,
  ChatCompletionRequest,
  ChatCompletionRequestMessage,
  ToolCall,
  UsageInfo,
} from "@mistralai/mistralai/models/components";
import { MistralError } from "@mistralai/mistralai/models/errors";
import { KEY } from "./support/mock-gateway.ts";
import {
  type Conversation,
  type ConversationOptions,
  type Deviation,
  PROMPT,
  type Said,
  type SaidCall,
  type SeenError,
  SYSTEM,
  TOOL_NAMES,
  type Turn,
  testSdk,
  WEATHER_SCHEMA,
} from "./support/sdk-suite.ts";

interface Answer {
  readonly message: AssistantMessage;
  readonly finish: string;
  readonly usage: UsageInfo | undefined;
}

function open(gatewayUrl: string, { model, tools, schema }: ConversationOptions): Conversation {
  const client = new Mistral({ apiKey: KEY, serverURL: gatewayUrl });
  const messages: ChatCompletionRequestMessage[] = [
    { role: "system", content: SYSTEM },
    { role: "user", content: PROMPT },
  ];
  const asked: ChatCompletionRequest = {
    model,
    messages,
    ...(tools === true
      ? {
          tools: TOOL_NAMES.map((name) => ({
            type: "function",
            function: { name, parameters: WEATHER_SCHEMA },
          })),
        }
      : {}),
    ...(schema === true
      ? {
          responseFormat: {
            type: "json_schema",
            jsonSchema: { name: "weather", schemaDefinition: WEATHER_SCHEMA },
          },
        }
      : {}),
  };
  return {
    async say({ stream, results = [] }: Turn): Promise<Said> {
      for (const { call, text } of results)
        messages.push({ role: "tool", toolCallId: call.id, name: call.name, content: text });
      const answer = stream ? await streamed(client, asked) : await plain(client, asked);
      messages.push({ ...answer.message, role: "assistant" });
      return saidIn(answer);
    },
  };
}

async function plain(client: Mistral, asked: ChatCompletionRequest): Promise<Answer> {
  const { choices, usage } = await client.chat.complete(asked);
  const choice = choices[0];
  assert.ok(choice?.message != null);
  return { message: choice.message, finish: choice.finishReason, usage };
}

async function streamed(client: Mistral, asked: ChatCompletionRequest): Promise<Answer> {
  let content = "";
  let finish = "";
  let usage: UsageInfo | undefined;
  const calls: ToolCall[] = [];
  for await (const { data } of await client.chat.stream(asked)) {
    usage = data.usage ?? usage;
    const choice = data.choices[0];
    if (typeof choice?.delta.content === "string") content += choice.delta.content;
    for (const call of choice?.delta.toolCalls ?? []) addCall(calls, call);
    finish = choice?.finishReason ?? finish;
  }
  assert.notEqual(finish, "", "the stream had no end");
  return { message: { content, toolCalls: calls }, finish, usage };
}

/** A piece without an id, of which the client makes "null", goes on with the call before it. */
function addCall(calls: ToolCall[], call: ToolCall): void {
  const last = calls.at(-1);
  if (last === undefined || (call.id !== undefined && call.id !== "null" && call.id !== last.id)) {
    calls.push(call);
    return;
  }
  const { arguments: said } = last.function;
  assert.ok(typeof said === "string" && typeof call.function.arguments === "string");
  last.function = { ...last.function, arguments: said + call.function.arguments };
}

function saidIn({ message, finish, usage }: Answer): Said {
  const { content } = message;
  const parts = typeof content === "string" ? [{ type: "text", text: content } as const] : (content ?? []);
  return {
    text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    thinking: parts.map((part) => (part.type === "thinking" ? JSON.stringify(part) : "")).join(""),
    calls: (message.toolCalls ?? []).map(saidCall),
    finish,
    inputTokens: usage?.promptTokens ?? 0,
    outputTokens: usage?.completionTokens ?? 0,
  };
}

function saidCall({ id, function: { name, arguments: said } }: ToolCall): SaidCall {
  return { id: id ?? "", name, arguments: typeof said === "string" ? JSON.parse(said) : said };
}

function readError(error: unknown): SeenError {
  // An error inside of a stream has no class of its own: the client reads it for a chunk, and says what that lacks.
  if (error instanceof Error && error.name === "ZodError")
    return { status: undefined, message: error.message };
  assert.ok(error instanceof MistralError, String(error));
  return { status: error.statusCode, message: error.message };
}

/** What this client cannot bring back. */
const DEVIATIONS: readonly Deviation[] = [false, true].map((stream) => {
  return {
    check: "thinking",
    stream,
    families: ["deepseek"],
    fails: /Missing `reasoning_content`/,
    reason: "the client drops DeepSeek's thinking, which has no place in its types",
  };
});

testSdk({
  title: "@mistralai/mistralai",
  finishWords: { stop: "stop", tools: "tool_calls" },
  showsThinking: false,
  asksUsage: false,
  deviations: DEVIATIONS,
  open,
  readError,
});
