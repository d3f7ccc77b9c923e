/** The official Anthropic client to every provider family. */
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
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
  const client = new Anthropic({ apiKey: KEY, baseURL: gatewayUrl, maxRetries: 0 });
  const messages: Anthropic.MessageParam[] = [{ role: "user", content: PROMPT }];
  const asked: Anthropic.MessageCreateParamsNonStreaming = {
    model,
    max_tokens: 4_000,
    system: SYSTEM,
    messages,
    ...(thinking === true ? { thinking: { type: "enabled", budget_tokens: 2_000 } } : {}),
    ...(tools === true ? { tools: TOOL_NAMES.map(tool) } : {}),
    ...(schema === true
      ? { output_config: { format: { type: "json_schema", schema: { ...WEATHER_SCHEMA } } } }
      : {}),
  };
  return {
    async say({ stream, results = [] }: Turn): Promise<Said> {
      if (results.length > 0) {
        const content = results.map(({ call, text }) => {
          return { type: "tool_result", tool_use_id: call.id, content: text } as const;
        });
        messages.push({ role: "user", content });
      }
      const message = stream
        ? await client.messages.stream(asked).finalMessage()
        : await client.messages.create(asked);
      messages.push({ role: "assistant", content: message.content });
      return saidIn(message);
    },
  };
}

function tool(name: string): Anthropic.Tool {
  return {
    name,
    description: `The ${name}`,
    input_schema: { ...WEATHER_SCHEMA, required: ["city", "days"] },
  };
}

function saidIn({ content, stop_reason, usage }: Anthropic.Message): Said {
  return {
    text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    thinking: content.map((block) => (block.type === "thinking" ? block.thinking : "")).join(""),
    calls: content.flatMap((block) =>
      block.type === "tool_use" ? { id: block.id, name: block.name, arguments: block.input } : [],
    ),
    finish: stop_reason ?? "",
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
  };
}

function readError(error: unknown): SeenError {
  assert.ok(error instanceof Anthropic.APIError, String(error));
  return error;
}

testSdk({
  title: "@anthropic-ai/sdk",
  finishWords: { stop: "end_turn", tools: "tool_use" },
  showsThinking: true,
  open,
  readError,
});
