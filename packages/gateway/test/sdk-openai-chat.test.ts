/** The official OpenAI client's chat completions to every provider family. */
import assert from "node:assert/strict";
import OpenAI from "openai";
import type {
  ChatCompletion,
  ChatCompletionCreateParams,
  ChatCompletionMessage,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { KEY } from "./support/mock-gateway.ts";
import {
  type Conversation,
  type ConversationOptions,
  PROMPT,
  type Said,
  type SeenError,
  SYSTEM,
  TOOL_NAMES,
  type Turn,
  testSdk,
  WEATHER_SCHEMA,
} from "./support/sdk-suite.ts";

function open(gatewayUrl: string, { model, tools, schema, thinking }: ConversationOptions): Conversation {
  const client = new OpenAI({ apiKey: KEY, baseURL: `${gatewayUrl}/v1`, maxRetries: 0 });
  const messages: ChatCompletionMessageParam[] = [
    { role: "system", content: SYSTEM },
    { role: "user", content: PROMPT },
  ];
  const asked: ChatCompletionCreateParams = {
    model,
    messages,
    ...(thinking === true ? { reasoning_effort: "low" } : {}),
    ...(tools === true ? { tools: TOOL_NAMES.map(functionTool) } : {}),
    ...(schema === true
      ? {
          response_format: {
            type: "json_schema",
            json_schema: { name: "weather", strict: true, schema: WEATHER_SCHEMA },
          },
        }
      : {}),
  };
  return {
    async say({ stream, results = [] }: Turn): Promise<Said> {
      for (const { call, text } of results)
        messages.push({ role: "tool", tool_call_id: call.id, content: text });
      const answer = stream
        ? await streamed(client, asked)
        : await client.chat.completions.create({ ...asked, stream: false });
      const message = answer.choices[0]?.message;
      assert.ok(message !== undefined);
      messages.push(message);
      return saidIn(answer, message);
    },
  };
}

/** The helper gathers what OpenAI knows; DeepSeek's and others' thinking is for the caller to gather. */
async function streamed(client: OpenAI, asked: ChatCompletionCreateParams): Promise<ChatCompletion> {
  const stream = client.chat.completions.stream({
    ...asked,
    stream: true,
    stream_options: { include_usage: true },
  });
  let thinking = "";
  stream.on("chunk", ({ choices }) => {
    thinking += thinkingIn(choices[0]?.delta);
  });
  const answer = await stream.finalChatCompletion();
  const message = answer.choices[0]?.message;
  if (thinking !== "" && message !== undefined) Object.assign(message, { reasoning_content: thinking });
  return answer;
}

function thinkingIn(said: object | undefined): string {
  const thinking: unknown = said === undefined ? "" : Reflect.get(said, "reasoning_content");
  return typeof thinking === "string" ? thinking : "";
}

function functionTool(name: string): OpenAI.ChatCompletionFunctionTool {
  return { type: "function", function: { name, description: `The ${name}`, parameters: WEATHER_SCHEMA } };
}

function saidIn({ choices, usage }: ChatCompletion, message: ChatCompletionMessage): Said {
  return {
    text: message.content ?? "",
    thinking: thinkingIn(message),
    calls: (message.tool_calls ?? []).map((call) => {
      assert.equal(call.type, "function");
      return { id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) };
    }),
    finish: choices[0]?.finish_reason ?? "",
    inputTokens: usage?.prompt_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? 0,
  };
}

function readError(error: unknown): SeenError {
  assert.ok(error instanceof OpenAI.APIError, String(error));
  return error;
}

testSdk({
  title: "openai, chat completions",
  finishWords: { stop: "stop", tools: "tool_calls" },
  showsThinking: true,
  open,
  readError,
});
