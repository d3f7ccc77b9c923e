import type { ChatRequest, FunctionTool, ProviderTool } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { closeObjects } from "../../claude/closed-schema.ts";
import type { ClaudeTraits } from "../../claude/models.ts";
import { wantsThinking } from "../../claude/thinking.ts";
import { textOf } from "../../json/read.ts";
import { type JsonAnswerTool, jsonAnswerTool } from "../../translation/json-answer-tool.ts";
import type { Losses } from "../../translation/losses.ts";
import { type Conversation, cachePoint } from "./message-encoder.ts";
import type { ModelTraits } from "./model-traits.ts";

export interface EncodeContext {
  readonly request: ChatRequest;
  readonly traits: ModelTraits;
  /** Null for other vendors' models. */
  readonly claude: ClaudeTraits | null;
  readonly losses: Losses;
}

/** What a request says of tools and of the answer's form. */
export interface ToolPlan {
  readonly toolConfig: JsonObject | null;
  /** `outputConfig.textFormat`. */
  readonly textFormat: JsonObject | null;
  /** The model has to call a tool. */
  readonly forced: boolean;
}

/** What the model may do with the tools; null leaves it to the model. */
type Choice = { readonly any: object } | { readonly tool: { readonly name: string } } | null;

type AnswerPlan =
  | { readonly kind: "text" }
  | { readonly kind: "tool"; readonly tool: JsonAnswerTool; readonly choice: Choice }
  | { readonly kind: "native"; readonly textFormat: JsonObject };

const TEXT: AnswerPlan = { kind: "text" };

export function planTools(context: EncodeContext, conversation: Conversation): ToolPlan {
  const { request } = context;
  const offered = offers(request) ? writeTools(context) : [];
  const answer = planAnswer(context, offered.length > 0);
  const tools = answer.kind === "tool" ? [...offered, writeAnswerTool(answer.tool)] : offered;
  const choice = answer.kind === "tool" ? answer.choice : writeChoice(context, offered);
  if (offered.length > 0 && request.sampling.parallelToolCalls === false)
    context.losses.field("parallelToolCalls");
  const config = tools.length > 0 || !conversation.hasToolBlocks ? tools : stubs(conversation);
  return {
    toolConfig:
      config.length === 0 ? null : { tools: config, ...(choice === null ? {} : { toolChoice: choice }) },
    textFormat: answer.kind === "native" ? answer.textFormat : null,
    forced: choice !== null,
  };
}

/** Converse has no word for "none", but tools that are not named cannot be called. */
function offers({ toolChoice }: ChatRequest): boolean {
  return toolChoice?.type !== "none";
}

function writeTools({ request, traits, claude, losses }: EncodeContext): JsonObject[] {
  const allowsStrict =
    traits.nativeJson || (claude?.nativeJson === true && strictTools(request) <= MAX_STRICT_TOOLS);
  return request.tools.flatMap((tool) => {
    if (tool.type === "provider") return loseProviderTool(tool, losses);
    losses.extra("tool", tool.extra);
    if (tool.strict === true && !allowsStrict) losses.at("tool", "strict");
    const point = tool.cache === undefined ? null : cachePoint(tool.cache, traits);
    if (point === null) losses.cacheMark("tool", tool.cache);
    return [writeFunction(tool, allowsStrict), ...(point === null ? [] : [point])];
  });
}

/** Anthropic, "Strict tool use", limits: more of them are refused, so all are then sent without. */
const MAX_STRICT_TOOLS = 20;

function strictTools({ tools }: ChatRequest): number {
  return tools.filter((tool) => tool.type === "function" && tool.strict === true).length;
}

function loseProviderTool({ raw }: ProviderTool, losses: Losses): readonly JsonObject[] {
  losses.at("tool", (isJsonObject(raw) ? textOf(raw, "type") : undefined) ?? "type");
  return [];
}

const FREEFORM_INPUT: JsonObject = {
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
};

function writeFunction(tool: FunctionTool, allowsStrict: boolean): JsonObject {
  const { name, description, parameters, strict, freeform } = tool;
  const schema = freeform === true ? FREEFORM_INPUT : isJsonObject(parameters) ? parameters : {};
  return {
    toolSpec: {
      name,
      ...(description === undefined || description === "" ? {} : { description }),
      inputSchema: { json: withType(schema) },
      ...(strict === true && allowsStrict ? { strict: true } : {}),
    },
  };
}

/** Bedrock wants an object and wants it said; OpenAI's clients may leave it out for a call without arguments. */
function withType(schema: JsonObject): JsonObject {
  return schema.type === "object" ? schema : { ...schema, type: "object" };
}

function writeAnswerTool({ name, description, schema }: JsonAnswerTool): JsonObject {
  return { toolSpec: { name, description, inputSchema: { json: withType(schema) } } };
}

/** Converse demands a `toolConfig` beside calls and results, also when the client offers its tools no more. */
function stubs({ calledTools }: Conversation): readonly JsonObject[] {
  const names = calledTools.size === 0 ? ["tool"] : [...calledTools];
  return names.map((name) => ({
    toolSpec: {
      name,
      description: "Was called earlier in this conversation and is no longer there.",
      inputSchema: { json: { type: "object" } },
    },
  }));
}

/**
 * Open models have structured output of their own; with others a forced tool is what all know. Where nothing may be
 * forced, beside Claude's thinking for one, newer Claude models have their own too.
 */
function planAnswer({ request, traits, claude, losses }: EncodeContext, besideTools: boolean): AnswerPlan {
  const { responseFormat, toolChoice } = request;
  const tool = jsonAnswerTool(responseFormat);
  // A call that the client itself forces leaves no room for an answer.
  if (tool === null || toolChoice?.type === "tool" || toolChoice?.type === "required") return TEXT;
  const native = responseFormat?.type === "json-schema" ? nativeFormat(responseFormat.name, tool) : null;
  if (native !== null && traits.nativeJson) return native;
  const mayForce = claude === null || (claude.forcedTools && !wantsThinking(request, claude));
  if (mayForce && traits.choices.includes(besideTools ? "any" : "tool"))
    // With the client's tools beside it the model chooses: one of them, or the answer.
    return { kind: "tool", tool, choice: besideTools ? { any: {} } : { tool: { name: tool.name } } };
  if (native !== null && claude?.nativeJson === true) return native;
  losses.field("responseFormat");
  return { kind: "tool", tool, choice: null };
}

/** Bedrock API reference, "OutputFormat": the schema is JSON text. */
function nativeFormat(name: string, { schema }: JsonAnswerTool): AnswerPlan {
  const jsonSchema = {
    name: name.replace(/[^a-zA-Z0-9_-]/g, "_") || "answer",
    schema: JSON.stringify(closeObjects(withType(schema))),
  };
  return { kind: "native", textFormat: { type: "json_schema", structure: { jsonSchema } } };
}

function writeChoice(
  { request, traits, claude, losses }: EncodeContext,
  offered: readonly JsonObject[],
): Choice {
  const { toolChoice } = request;
  if (offered.length === 0 || toolChoice === undefined || toolChoice.type === "auto") return null;
  if (claude === null || claude.forcedTools) {
    if (toolChoice.type === "tool" && traits.choices.includes("tool"))
      return { tool: { name: toolChoice.name } };
    // Of one tool, any is that one.
    const meansAny = toolChoice.type === "required" || offered.length === 1;
    if (meansAny && traits.choices.includes("any")) return { any: {} };
  }
  losses.field("toolChoice");
  return null;
}
