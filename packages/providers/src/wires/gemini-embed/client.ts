/**
 * Embeddings as Google's SDKs ask for them: one text by `:embedContent`, several by `:batchEmbedContents` (Gemini API
 * reference, "Embeddings"). The body tells which of them it is.
 */

import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import type { EmbeddingRequest, EmbeddingResult } from "@headrace/core/canonical/embedding";
import { totalInputTokens } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { PathFacts } from "@headrace/core/wire/chat-codec";
import type { EmbeddingClientCodec } from "@headrace/core/wire/embedding-codec";
import { camelFields } from "../../google/field-names.ts";
import { demandList, demandNumber, demandObject, demandText, optional } from "../../json/demand.ts";
import { defined, extraOf } from "../../json/read.ts";
import { purposeOfTask } from "./purposes.ts";

/** What the result is to look like. */
type Form = "single" | "batch";

const KNOWN: ReadonlySet<string> = new Set([
  "model",
  "content",
  "requests",
  "outputDimensionality",
  "taskType",
]);

export const geminiEmbedClient: EmbeddingClientCodec = {
  wire: "gemini-embed",
  decodeRequest,
  encodeResult,
};

interface Item {
  readonly text: string;
  readonly dimensions: number | undefined;
  readonly taskType: unknown;
  /** Fields that only this wire knows. */
  readonly extra: JsonObject;
}

function decodeRequest(raw: JsonObject, path: PathFacts): EmbeddingRequest {
  const body = camelFields(raw);
  const form: Form = body.requests === undefined || body.requests === null ? "single" : "batch";
  const items =
    form === "single"
      ? [readItem(body, "")]
      : demandList(body.requests, "requests").map((item, index) =>
          readItem(camelFields(demandObject(item, `requests[${index}]`)), `requests[${index}].`),
        );
  const [first] = items;
  if (first === undefined)
    throw new GatewayError("invalid_field", {
      param: "requests",
      message: 'The field "requests" must hold at least one request.',
    });
  return {
    wire: "gemini-embed",
    model: path.model ?? "",
    inputs: items.map(({ text }) => text),
    encoding: "float",
    ...defined({ dimensions: first.dimensions, purpose: purposeOfTask(first.taskType) }),
    echo: form,
    extra: columnsOf(items, form),
  };
}

function readItem(item: JsonObject, prefix: string): Item {
  const content = demandObject(item.content, `${prefix}content`);
  const parts = demandList(content.parts, `${prefix}content.parts`);
  const texts = parts.map((part, index) => readText(part, `${prefix}content.parts[${index}]`));
  return {
    text: texts.join(""),
    dimensions: optional(item.outputDimensionality, `${prefix}outputDimensionality`, demandNumber),
    taskType: item.taskType ?? undefined,
    extra: extraOf(item, KNOWN),
  };
}

/** Pictures and sound cannot go through here, and to leave them out would be to embed something else. */
function readText(part: unknown, path: string): string {
  return demandText(demandObject(part, path).text, `${path}.text`);
}

/**
 * Every text may have fields of its own here, elsewhere they are of all texts: what differs, or is only known here, goes
 * along in columns, a value for each text.
 */
function columnsOf(items: readonly Item[], form: Form): ExtraFields {
  const names = new Set(items.flatMap(({ extra }) => Object.keys(extra)));
  const columns = [...names].map((name): Column => [name, items.map(({ extra }) => extra[name])]);
  const tasks = items.map(({ taskType }) => taskType);
  if (tasks.some((task) => task !== tasks[0]) || !isKnownElsewhere(tasks[0]))
    columns.push(["taskType", tasks]);
  const dimensions = items.map((item) => item.dimensions);
  if (new Set(dimensions).size > 1) columns.push(["outputDimensionality", dimensions]);
  const prefix = form === "single" ? "" : "requests[].";
  return Object.fromEntries(columns.map(([name, values]) => [prefix + name, values]));
}

type Column = [name: string, values: readonly unknown[]];

function isKnownElsewhere(task: unknown): boolean {
  return task === undefined || purposeOfTask(task) !== undefined;
}

function encodeResult(result: EmbeddingResult, request: EmbeddingRequest): JsonObject {
  const embeddings = result.vectors.map((vector) => ({ values: [...vector] }));
  const tokens = result.usage === null ? null : totalInputTokens(result.usage);
  const usage =
    tokens === null ? {} : { usageMetadata: { promptTokenCount: tokens, totalTokenCount: tokens } };
  if (request.echo === "batch") return { embeddings, ...usage };
  return { embedding: embeddings[0] ?? { values: [] }, ...usage };
}
