/** The official Cohere client to every provider family. */
import assert from "node:assert/strict";
import { type Cohere, CohereClientV2, CohereError } from "cohere-ai";
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
  const client = new CohereClientV2({ token: KEY, environment: gatewayUrl, maxRetries: 0 });
  const messages: Cohere.ChatMessageV2[] = [
    { role: "system", content: SYSTEM },
    { role: "user", content: PROMPT },
  ];
  const asked: Cohere.V2ChatRequest = {
    model,
    messages,
    maxTokens: 1_000,
    ...(thinking === true ? { thinking: { type: "enabled", tokenBudget: 2_000 } } : {}),
    ...(tools === true ? { tools: TOOL_NAMES.map(tool) } : {}),
    ...(schema === true
      ? { responseFormat: { type: "json_object", jsonSchema: { ...WEATHER_SCHEMA } } }
      : {}),
  };
  return {
    async say({ stream, results = [] }: Turn): Promise<Said> {
      for (const { call, text } of results)
        messages.push({ role: "tool", toolCallId: call.id, content: text });
      const answer = stream ? await askStreamed(client, asked) : await client.chat(asked);
      messages.push(asHistory(answer.message));
      return saidIn(answer);
    },
  };
}

function tool(name: string): Cohere.ToolV2 {
  const parameters = { ...WEATHER_SCHEMA, required: ["city", "days"] };
  return { type: "function", function: { name, description: `The ${name}`, parameters } };
}

/** What of an answer goes back, as Cohere's guide to tool use shows it. */
function asHistory({ content, toolCalls, toolPlan }: Cohere.AssistantMessageResponse): Cohere.ChatMessageV2 {
  if (toolCalls !== undefined && toolCalls.length > 0)
    return { role: "assistant", toolCalls, ...(toolPlan === undefined ? {} : { toolPlan }) };
  return { role: "assistant", content: content ?? [] };
}

interface Answer {
  readonly message: Cohere.AssistantMessageResponse;
  readonly finishReason?: Cohere.ChatFinishReason | undefined;
  readonly usage?: Cohere.Usage | undefined;
}

async function askStreamed(client: CohereClientV2, asked: Cohere.V2ChatRequest): Promise<Answer> {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const calls: { id: string; name: string; arguments: string }[] = [];
  let end: Cohere.ChatMessageEndEventDelta | undefined;
  for await (const event of await client.chatStream(asked)) {
    if (event.type === "content-delta") {
      texts.push(event.delta?.message?.content?.text ?? "");
      thoughts.push(event.delta?.message?.content?.thinking ?? "");
    } else if (event.type === "tool-call-start") {
      const { id, function: called } = event.delta?.message?.toolCalls ?? assert.fail();
      calls.push({ id: id ?? "", name: called?.name ?? "", arguments: called?.arguments ?? "" });
    } else if (event.type === "tool-call-delta") {
      const call = calls.at(-1) ?? assert.fail("a piece of no call");
      call.arguments += event.delta?.message?.toolCalls?.function?.arguments ?? "";
    } else if (event.type === "message-end") end = event.delta;
  }
  if (end === undefined) throw new CohereError({ message: "the stream has no end" });
  if (end.error !== undefined) throw new CohereError({ message: end.error });
  return {
    message: {
      role: "assistant",
      content: [
        { type: "thinking", thinking: thoughts.join("") },
        { type: "text", text: texts.join("") },
      ],
      toolCalls: calls.map(({ id, ...called }) => ({ id, type: "function", function: called })),
    },
    finishReason: end.finishReason,
    usage: end.usage,
  };
}

function saidIn({ message, finishReason, usage }: Answer): Said {
  const content = message.content ?? [];
  return {
    text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    thinking: content.map((block) => (block.type === "thinking" ? block.thinking : "")).join(""),
    calls: (message.toolCalls ?? []).map((call) => ({
      id: call.id,
      name: call.function?.name ?? "",
      arguments: JSON.parse(call.function?.arguments ?? ""),
    })),
    finish: finishReason ?? "",
    inputTokens: usage?.billedUnits?.inputTokens ?? -1,
    outputTokens: usage?.billedUnits?.outputTokens ?? -1,
  };
}

function readError(error: unknown): SeenError {
  assert.ok(error instanceof CohereError, String(error));
  return { status: error.statusCode, message: error.message };
}

testSdk({
  title: "cohere-ai",
  finishWords: { stop: "COMPLETE", tools: "TOOL_CALL" },
  showsThinking: true,
  open,
  readError,
});
