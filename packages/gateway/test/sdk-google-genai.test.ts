/** Google's official GenAI client to every provider family. */
import assert from "node:assert/strict";
import {
  ApiError,
  type Content,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
} from "@google/genai";
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

/** Gemini's own calls may have no ids; they are told apart by their places. */
const WITHOUT_ID = "without-id-";

function open(gatewayUrl: string, { model, tools, schema, thinking }: ConversationOptions): Conversation {
  const { models } = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: gatewayUrl } });
  const contents: Content[] = [{ role: "user", parts: [{ text: PROMPT }] }];
  const asked: GenerateContentParameters = {
    model,
    contents,
    config: {
      systemInstruction: SYSTEM,
      ...(thinking === true ? { thinkingConfig: { includeThoughts: true } } : {}),
      ...(tools === true
        ? {
            tools: [
              {
                functionDeclarations: TOOL_NAMES.map((name) => ({
                  name,
                  description: `The ${name}`,
                  parametersJsonSchema: WEATHER_SCHEMA,
                })),
              },
            ],
          }
        : {}),
      ...(schema === true
        ? { responseMimeType: "application/json", responseJsonSchema: WEATHER_SCHEMA }
        : {}),
    },
  };
  return {
    async say({ stream, results = [] }: Turn): Promise<Said> {
      if (results.length > 0) {
        const parts = results.map(({ call: { id, name }, text }): Part => {
          return {
            functionResponse: {
              ...(id.startsWith(WITHOUT_ID) ? {} : { id }),
              name,
              response: { output: text },
            },
          };
        });
        contents.push({ role: "user", parts });
      }
      const answers = stream
        ? await gathered(await models.generateContentStream(asked))
        : [await models.generateContent(asked)];
      const parts = answers.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []);
      contents.push({ role: "model", parts });
      return saidIn(answers, parts);
    },
  };
}

async function gathered<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function saidIn(answers: readonly GenerateContentResponse[], parts: readonly Part[]): Said {
  const finishes = answers.flatMap(({ candidates }) => candidates?.[0]?.finishReason ?? []);
  assert.equal(finishes.length, 1, `finish reasons: ${finishes.join()}`);
  const usage = answers.findLast(({ usageMetadata }) => usageMetadata !== undefined)?.usageMetadata;
  return {
    text: parts.map((part) => (part.thought === true ? "" : (part.text ?? ""))).join(""),
    thinking: parts.map((part) => (part.thought === true ? (part.text ?? "") : "")).join(""),
    calls: parts.flatMap(({ functionCall }, index) =>
      functionCall === undefined
        ? []
        : {
            id: functionCall.id ?? `${WITHOUT_ID}${index}`,
            name: functionCall.name ?? "",
            arguments: functionCall.args,
          },
    ),
    finish: finishes.join(),
    inputTokens: usage?.promptTokenCount ?? 0,
    outputTokens: usage?.candidatesTokenCount ?? 0,
  };
}

function readError(error: unknown): SeenError {
  assert.ok(error instanceof ApiError, String(error));
  return error;
}

testSdk({
  title: "@google/genai",
  finishWords: { stop: "STOP", tools: "STOP" },
  showsThinking: true,
  open,
  readError,
});
