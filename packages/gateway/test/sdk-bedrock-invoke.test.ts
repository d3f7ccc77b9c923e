/** The official AWS client's InvokeModel, with Anthropic's bodies, to every provider family. */
import assert from "node:assert/strict";
import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
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

type Block = {
  type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  id?: string;
  name?: string;
  input?: unknown;
};

interface Message {
  content: Block[];
  stop_reason: string | null;
  usage: { input_tokens: number; output_tokens: number };
}

function open(gatewayUrl: string, { model, tools, schema, thinking }: ConversationOptions): Conversation {
  const client = new BedrockRuntimeClient({
    endpoint: gatewayUrl,
    region: "us-east-1",
    token: { token: KEY },
    authSchemePreference: ["httpBearerAuth"],
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  const messages: object[] = [{ role: "user", content: PROMPT }];
  const asked = {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 1_000,
    system: SYSTEM,
    messages,
    ...(thinking === true ? { thinking: { type: "enabled", budget_tokens: 2_000 } } : {}),
    ...(tools === true ? { tools: TOOL_NAMES.map(tool) } : {}),
    ...(schema === true
      ? { output_config: { format: { type: "json_schema", schema: WEATHER_SCHEMA } } }
      : {}),
  };
  return {
    async say({ stream, results = [] }: Turn): Promise<Said> {
      if (results.length > 0) {
        const content = results.map(({ call, text }) => {
          return { type: "tool_result", tool_use_id: call.id, content: text };
        });
        messages.push({ role: "user", content });
      }
      const input = { modelId: model, contentType: "application/json", body: JSON.stringify(asked) };
      const message = stream ? await askStreamed(client, input) : await ask(client, input);
      messages.push({ role: "assistant", content: message.content });
      return saidIn(message);
    },
  };
}

function tool(name: string): object {
  return {
    name,
    description: `The ${name}`,
    input_schema: { ...WEATHER_SCHEMA, required: ["city", "days"] },
  };
}

type Input = ConstructorParameters<typeof InvokeModelCommand>[0];

async function ask(client: BedrockRuntimeClient, input: Input): Promise<Message> {
  const { body } = await client.send(new InvokeModelCommand(input));
  return JSON.parse(Buffer.from(body).toString());
}

async function askStreamed(client: BedrockRuntimeClient, input: Input): Promise<Message> {
  const { body } = await client.send(new InvokeModelWithResponseStreamCommand(input));
  const message: Message = { content: [], stop_reason: null, usage: { input_tokens: -1, output_tokens: -1 } };
  const inputs: string[] = [];
  let isWhole = false;
  for await (const { chunk } of body ?? []) {
    const event = JSON.parse(Buffer.from(chunk?.bytes ?? []).toString());
    if (event.type === "content_block_start") message.content[event.index] = event.content_block;
    else if (event.type === "content_block_delta") {
      const block = message.content[event.index] ?? assert.fail("a delta of no block");
      const { text = "", thinking = "", signature = "", partial_json = "" } = event.delta;
      if (block.type === "text") block.text += text;
      if (block.type === "thinking") block.thinking += thinking;
      if (signature !== "") block.signature = signature;
      inputs[event.index] = (inputs[event.index] ?? "") + partial_json;
    } else if (event.type === "message_delta") {
      message.stop_reason = event.delta.stop_reason;
      message.usage = event.usage;
    } else if (event.type === "message_stop") isWhole = true;
  }
  assert.ok(isWhole, "the stream has no end");
  for (const [index, json] of inputs.entries()) {
    const block = message.content[index];
    if (block?.type === "tool_use") block.input = JSON.parse(json || "{}");
  }
  return message;
}

function saidIn({ content, stop_reason, usage }: Message): Said {
  return {
    text: content.map(({ text }) => text ?? "").join(""),
    thinking: content.map(({ thinking }) => thinking ?? "").join(""),
    calls: content.flatMap(({ type, id = "", name = "", input }) =>
      type === "tool_use" ? [{ id, name, arguments: input }] : [],
    ),
    finish: stop_reason ?? "",
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
  };
}

function readError(error: unknown): SeenError {
  assert.ok(error instanceof BedrockRuntimeServiceException, String(error));
  // One that came inside a stream has none, against its type.
  const metadata: typeof error.$metadata | undefined = error.$metadata;
  return { status: metadata?.httpStatusCode, message: error.message };
}

testSdk({
  title: "@aws-sdk/client-bedrock-runtime, InvokeModel",
  finishWords: { stop: "end_turn", tools: "tool_use" },
  showsThinking: true,
  open,
  readError,
});
