/** The official AWS client of Bedrock's runtime to every provider family. */
import assert from "node:assert/strict";
import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  type Message,
  type TokenUsage,
  type Tool,
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

function open(gatewayUrl: string, { model, tools, schema, thinking }: ConversationOptions): Conversation {
  const client = new BedrockRuntimeClient({
    endpoint: gatewayUrl,
    region: "us-east-1",
    token: { token: KEY },
    authSchemePreference: ["httpBearerAuth"],
    maxAttempts: 1,
    // It would speak HTTP/2, which only a call in both directions at once needs.
    requestHandler: new NodeHttpHandler(),
  });
  const messages: Message[] = [{ role: "user", content: [{ text: PROMPT }] }];
  const asked: ConverseCommandInput = {
    modelId: model,
    system: [{ text: SYSTEM }],
    messages,
    inferenceConfig: { maxTokens: 1_000 },
    ...(tools === true ? { toolConfig: { tools: TOOL_NAMES.map(tool) } } : {}),
    ...(thinking === true
      ? { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2_000 } } }
      : {}),
    ...(schema === true ? { outputConfig: { textFormat: SCHEMA_FORMAT } } : {}),
  };
  return {
    async say({ stream, results = [] }: Turn): Promise<Said> {
      if (results.length > 0) {
        const content = results.map(({ call, text }) => {
          return { toolResult: { toolUseId: call.id, content: [{ text }] } };
        });
        messages.push({ role: "user", content });
      }
      const answer = stream ? await askStreamed(client, asked) : await ask(client, asked);
      messages.push({ role: "assistant", content: answer.content });
      return saidIn(answer);
    },
  };
}

const SCHEMA_FORMAT = {
  type: "json_schema",
  structure: { jsonSchema: { name: "weather", schema: JSON.stringify(WEATHER_SCHEMA) } },
} as const;

function tool(name: string): Tool {
  const json = { ...WEATHER_SCHEMA, required: ["city", "days"] };
  return { toolSpec: { name, description: `The ${name}`, inputSchema: { json } } };
}

interface Answer {
  readonly content: ContentBlock[];
  readonly stopReason: string;
  readonly usage: TokenUsage | undefined;
}

async function ask(client: BedrockRuntimeClient, asked: ConverseCommandInput): Promise<Answer> {
  const { output, stopReason, usage } = await client.send(new ConverseCommand(asked));
  return { content: output?.message?.content ?? [], stopReason: stopReason ?? "", usage };
}

/** Gathers the blocks of a stream as AWS's documentation shows it. */
async function askStreamed(client: BedrockRuntimeClient, asked: ConverseCommandInput): Promise<Answer> {
  const { stream } = await client.send(new ConverseStreamCommand(asked));
  const blocks: StreamedBlock[] = [];
  let stopReason = "";
  let usage: TokenUsage | undefined;
  for await (const event of stream ?? []) {
    takeBlockEvent(blocks, event);
    stopReason = event.messageStop?.stopReason ?? stopReason;
    usage = event.metadata?.usage ?? usage;
  }
  return { content: blocks.map(blockOf), stopReason, usage };
}

interface StreamedBlock {
  text: string;
  thinking: string;
  signature: string;
  readonly hidden: Uint8Array[];
  input: string;
  call: { readonly toolUseId: string | undefined; readonly name: string | undefined } | null;
}

function takeBlockEvent(
  blocks: StreamedBlock[],
  { contentBlockStart, contentBlockDelta }: ConverseStreamOutput,
): void {
  const index = contentBlockStart?.contentBlockIndex ?? contentBlockDelta?.contentBlockIndex;
  if (index === undefined) return;
  const block = blocks[index] ?? { text: "", thinking: "", signature: "", hidden: [], input: "", call: null };
  blocks[index] = block;
  const use = contentBlockStart?.start?.toolUse;
  if (use !== undefined) block.call = { toolUseId: use.toolUseId, name: use.name };
  const { text, reasoningContent, toolUse } = contentBlockDelta?.delta ?? {};
  block.text += text ?? "";
  block.thinking += reasoningContent?.text ?? "";
  block.signature += reasoningContent?.signature ?? "";
  if (reasoningContent?.redactedContent !== undefined) block.hidden.push(reasoningContent.redactedContent);
  block.input += toolUse?.input ?? "";
}

function blockOf({ text, thinking, signature, hidden, input, call }: StreamedBlock): ContentBlock {
  if (call !== null) return { toolUse: { ...call, input: JSON.parse(input === "" ? "{}" : input) } };
  if (hidden.length > 0) return { reasoningContent: { redactedContent: Buffer.concat(hidden) } };
  if (thinking === "" && signature === "") return { text };
  const proof = signature === "" ? {} : { signature };
  return { reasoningContent: { reasoningText: { text: thinking, ...proof } } };
}

function saidIn({ content, stopReason, usage }: Answer): Said {
  return {
    text: content.map((block) => block.text ?? "").join(""),
    thinking: content.map((block) => block.reasoningContent?.reasoningText?.text ?? "").join(""),
    calls: content.flatMap(({ toolUse }) =>
      toolUse === undefined
        ? []
        : [{ id: toolUse.toolUseId ?? "", name: toolUse.name ?? "", arguments: toolUse.input }],
    ),
    finish: stopReason,
    inputTokens: usage?.inputTokens ?? -1,
    outputTokens: usage?.outputTokens ?? -1,
  };
}

function readError(error: unknown): SeenError {
  assert.ok(error instanceof BedrockRuntimeServiceException, String(error));
  // One that came inside a stream has none, against its type.
  const metadata: typeof error.$metadata | undefined = error.$metadata;
  return { status: metadata?.httpStatusCode, message: error.message };
}

testSdk({
  title: "@aws-sdk/client-bedrock-runtime",
  finishWords: { stop: "end_turn", tools: "tool_use" },
  showsThinking: true,
  open,
  readError,
});
