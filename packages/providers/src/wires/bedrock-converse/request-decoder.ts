/** A client's request, of which the URL names the model and says whether it shall be streamed. */
import type {
  ChatRequest,
  FunctionTool,
  ResponseFormat,
  SamplingParams,
  ToolChoice,
  ToolDefinition,
} from "@headrace/core/canonical/chat";
import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import type { PathFacts } from "@headrace/core/wire/chat-codec";
import { demandList, demandNumber, demandObject, demandText, optional } from "../../json/demand.ts";
import { defined, extraOf, flagOf, listOf, objectOf, parseJsonObject, textOf } from "../../json/read.ts";
import { decodeConversation, readCachePoint } from "./message-decoder.ts";
import { decodeModelFields } from "./model-fields-decoder.ts";
import { isStopSequencePath } from "./stop-sequence.ts";

const KNOWN: ReadonlySet<string> = new Set([
  "messages",
  "system",
  "inferenceConfig",
  "toolConfig",
  "outputConfig",
  "additionalModelRequestFields",
  "additionalModelResponseFieldPaths",
  "requestMetadata",
  "serviceTier",
]);
const INFERENCE_FIELDS: ReadonlySet<string> = new Set(["maxTokens", "temperature", "topP", "stopSequences"]);
const TOOL_FIELDS: ReadonlySet<string> = new Set(["name", "description", "inputSchema", "strict"]);

/**
 * Reads a request of Converse or ConverseStream (Bedrock API reference, "Converse").
 *
 * @throws GatewayError `missing_field`, `invalid_field`
 */
export function decodeConverseRequest(body: JsonObject, path: PathFacts): ChatRequest {
  const inference = optional(body.inferenceConfig, "inferenceConfig", demandObject) ?? {};
  const output = optional(body.outputConfig, "outputConfig", demandObject) ?? {};
  const additional =
    optional(body.additionalModelRequestFields, "additionalModelRequestFields", demandObject) ?? {};
  const model = decodeModelFields(additional, textOf(output, "effort"));
  const toolConfig = optional(body.toolConfig, "toolConfig", demandObject) ?? {};
  return {
    wire: "bedrock-converse",
    model: path.model ?? "",
    messages: decodeConversation(body),
    tools: readTools(optional(toolConfig.tools, "toolConfig.tools", demandList) ?? []),
    ...defined({
      toolChoice: readToolChoice(optional(toolConfig.toolChoice, "toolConfig.toolChoice", demandObject)),
      responseFormat: readFormat(output),
      reasoning: model.reasoning,
    }),
    sampling: { ...readSampling(inference), ...model.sampling },
    stream: path.stream,
    // Nobody has to ask on this wire.
    includeUsage: true,
    extra: {
      ...extraOf(body, KNOWN),
      ...namedElsewhere(body),
      ...prefixed("inferenceConfig", extraOf(inference, INFERENCE_FIELDS)),
      ...(Object.keys(model.others).length === 0 ? {} : { additionalModelRequestFields: model.others }),
    },
  };
}

/** What other wires have too, by the names that most of them give it; and what the gateway does not do anyhow. */
function namedElsewhere(body: JsonObject): ExtraFields {
  const tier = textOf(objectOf(body, "serviceTier") ?? {}, "type");
  const paths = (listOf(body, "additionalModelResponseFieldPaths") ?? []).filter(
    (path) => !isStopSequencePath(path),
  );
  return {
    ...defined({ metadata: objectOf(body, "requestMetadata"), service_tier: tier }),
    ...(paths.length === 0 ? {} : { additionalModelResponseFieldPaths: paths }),
  };
}

function readSampling(inference: JsonObject): SamplingParams {
  const number = (name: string) => optional(inference[name], `inferenceConfig.${name}`, demandNumber);
  const stop = optional(inference.stopSequences, "inferenceConfig.stopSequences", demandList);
  return defined({
    maxOutputTokens: number("maxTokens"),
    temperature: number("temperature"),
    topP: number("topP"),
    stop: stop?.map((text, index) => demandText(text, `inferenceConfig.stopSequences[${index}]`)),
  });
}

function readTools(raw: readonly unknown[]): readonly ToolDefinition[] {
  const tools: ToolDefinition[] = [];
  for (const [index, value] of raw.entries()) {
    const path = `toolConfig.tools[${index}]`;
    const tool = demandObject(value, path);
    const cache = readCachePoint(tool);
    const last = tools.at(-1);
    if (cache === null) tools.push(readTool(tool, path));
    else if (last?.type === "function") tools.splice(-1, 1, { ...last, cache });
  }
  return tools;
}

function readTool(tool: JsonObject, path: string): ToolDefinition {
  // Such as `systemTool`, which Bedrock runs itself.
  if (tool.toolSpec === undefined) return { type: "provider", wire: "bedrock-converse", raw: tool };
  const spec = demandObject(tool.toolSpec, `${path}.toolSpec`);
  const read: FunctionTool = {
    type: "function",
    name: demandText(spec.name, `${path}.toolSpec.name`),
    ...defined({ description: textOf(spec, "description"), strict: flagOf(spec, "strict") }),
    parameters: objectOf(spec, "inputSchema")?.json ?? undefined,
    extra: extraOf(spec, TOOL_FIELDS),
  };
  return read;
}

/** Bedrock API reference, "ToolChoice": one member, whose name is the choice. */
function readToolChoice(choice: JsonObject | undefined): ToolChoice | undefined {
  if (choice === undefined) return undefined;
  const tool = optional(choice.tool, "toolConfig.toolChoice.tool", demandObject);
  if (tool !== undefined)
    return { type: "tool", name: demandText(tool.name, "toolConfig.toolChoice.tool.name") };
  return { type: objectOf(choice, "any") === undefined ? "auto" : "required" };
}

/** Bedrock API reference, "OutputFormat": the schema is JSON text. */
function readFormat(output: JsonObject): ResponseFormat | undefined {
  const path = "outputConfig.textFormat";
  const format = optional(output.textFormat, path, demandObject);
  if (format === undefined) return undefined;
  const structure = demandObject(format.structure, `${path}.structure`);
  const definition = demandObject(structure.jsonSchema, `${path}.structure.jsonSchema`);
  const schema = demandText(definition.schema, `${path}.structure.jsonSchema.schema`);
  return {
    type: "json-schema",
    name: textOf(definition, "name") ?? "answer",
    ...defined({ description: textOf(definition, "description") }),
    schema: demandObject(parseJsonObject(schema), `${path}.structure.jsonSchema.schema`),
    strict: true,
  };
}

function prefixed(prefix: string, extra: ExtraFields): ExtraFields {
  return Object.fromEntries(Object.entries(extra).map(([name, value]) => [`${prefix}.${name}`, value]));
}
