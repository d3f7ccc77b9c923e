/** The official OpenAI client's responses to every provider family. */
import assert from "node:assert/strict";
import OpenAI from "openai";
import type {
  FunctionTool,
  Response,
  ResponseCreateParams,
  ResponseInputItem,
} from "openai/resources/responses/responses";
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
  const input: ResponseInputItem[] = [{ role: "user", content: PROMPT }];
  const asked: ResponseCreateParams = {
    model,
    instructions: SYSTEM,
    input,
    store: false,
    include: ["reasoning.encrypted_content"],
    ...(thinking === true ? { reasoning: { summary: "auto" } } : {}),
    ...(tools === true ? { tools: TOOL_NAMES.map(functionTool) } : {}),
    ...(schema === true
      ? { text: { format: { type: "json_schema", name: "weather", strict: true, schema: WEATHER_SCHEMA } } }
      : {}),
  };
  return {
    async say({ stream, results = [] }: Turn): Promise<Said> {
      for (const { call, text } of results)
        input.push({ type: "function_call_output", call_id: call.id, output: text });
      const answer = stream
        ? await streamed(client, asked)
        : await client.responses.create({ ...asked, stream: false });
      for (const item of answer.output) {
        assert.ok(
          item.type === "message" || item.type === "reasoning" || item.type === "function_call",
          item.type,
        );
        input.push(item);
      }
      return saidIn(answer);
    },
  };
}

/** The response of the event that ends a stream; an event that tells an error is thrown. */
async function streamed(client: OpenAI, asked: ResponseCreateParams): Promise<Response> {
  let final: Response | undefined;
  for await (const event of await client.responses.create({ ...asked, stream: true })) {
    assert.equal(final, undefined, `${event.type} after the end`);
    if (event.type === "error") throw new OpenAI.APIError(undefined, event, event.message, undefined);
    if (event.type === "response.completed" || event.type === "response.incomplete") final = event.response;
  }
  assert.ok(final !== undefined, "the stream had no end");
  return final;
}

function functionTool(name: string): FunctionTool {
  return {
    type: "function",
    name,
    description: `The ${name}`,
    parameters: { ...WEATHER_SCHEMA },
    strict: false,
  };
}

function saidIn({ output, status, usage }: Response): Said {
  const text = output.flatMap((item) => (item.type === "message" ? item.content : []));
  const reasoning = output.flatMap((item) => (item.type === "reasoning" ? item : []));
  const calls = output.flatMap((item) => (item.type === "function_call" ? item : []));
  return {
    text: text.map((part) => (part.type === "output_text" ? part.text : "")).join(""),
    thinking: reasoning
      .flatMap(({ summary, content }) => [...summary, ...(content ?? [])])
      .map((part) => part.text)
      .join(""),
    calls: calls.map((call) => ({
      id: call.call_id,
      name: call.name,
      arguments: JSON.parse(call.arguments),
    })),
    finish: status ?? "",
    inputTokens: usage?.input_tokens ?? 0,
    outputTokens: usage?.output_tokens ?? 0,
  };
}

function readError(error: unknown): SeenError {
  assert.ok(error instanceof OpenAI.APIError, String(error));
  return error;
}

testSdk({
  title: "openai, responses",
  finishWords: { stop: "completed", tools: "completed" },
  showsThinking: true,
  open,
  readError,
});
