import type { ChatRequest, FunctionTool, ToolDefinition } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { closeObjects } from "../../claude/closed-schema.ts";
import type { ClaudeTraits } from "../../claude/models.ts";
import { wantsThinking } from "../../claude/thinking.ts";
import { textOf } from "../../json/read.ts";
import { type JsonAnswerTool, jsonAnswerTool } from "../../translation/json-answer-tool.ts";
import type { Losses } from "../../translation/losses.ts";
import { writeCacheMark } from "./media.ts";

/** Anthropic, "Strict tool use", limits: more of them are refused, so all are then sent without. */
const MAX_STRICT_TOOLS = 20;

/** What a request says of tools and of the answer's form. */
export interface ToolPlan {
  readonly tools: readonly JsonObject[];
  readonly toolChoice: JsonObject | null;
  /** `output_config.format`. */
  readonly format: JsonObject | null;
  /** The model has to call a tool. */
  readonly forced: boolean;
}

export function planTools(
  request: ChatRequest,
  { traits, losses }: { traits: ClaudeTraits; losses: Losses },
): ToolPlan {
  const tools = writeTools(request, traits, losses);
  const answer = planAnswer(request, traits);
  if (answer.kind === "lost") losses.field("responseFormat");
  if (answer.kind === "tool")
    tools.push({
      name: answer.tool.name,
      description: answer.tool.description,
      input_schema: withType(answer.tool.schema),
    });
  const choice = writeChoice(request, answer.kind === "tool" ? answer.tool : null, tools.length);
  const forced = choice.type === "any" || choice.type === "tool";
  if (forced && !traits.forcedTools) {
    losses.field("toolChoice");
    choice.type = "auto";
    delete choice.name;
  }
  return {
    tools,
    toolChoice: tools.length > 0 && Object.keys(choice).length > 0 ? choice : null,
    format: answer.kind === "native" ? answer.format : null,
    forced: forced && traits.forcedTools,
  };
}

type AnswerPlan =
  | { readonly kind: "text" | "lost" }
  | { readonly kind: "tool"; readonly tool: JsonAnswerTool }
  | { readonly kind: "native"; readonly format: JsonObject };

/**
 * A forced tool is what every model and every cloud knows. Where nothing may be forced, beside thinking or on models that
 * refuse it, the model's own structured output does it.
 */
function planAnswer(request: ChatRequest, traits: ClaudeTraits): AnswerPlan {
  const { responseFormat, toolChoice } = request;
  const tool = jsonAnswerTool(responseFormat);
  // A call that the client itself forces leaves no room for an answer.
  if (tool === null || toolChoice?.type === "tool") return { kind: "text" };
  // A tool's input is an object; Gemini's clients may ask for a list.
  const fitsTool = traits.forcedTools && (tool.schema.type ?? "object") === "object";
  if (fitsTool && !wantsThinking(request, traits)) return { kind: "tool", tool };
  if (traits.nativeJson && responseFormat?.type === "json-schema")
    return { kind: "native", format: { type: "json_schema", schema: closeObjects(tool.schema) } };
  return fitsTool ? { kind: "tool", tool } : { kind: "lost" };
}

function writeTools({ tools, wire }: ChatRequest, traits: ClaudeTraits, losses: Losses): JsonObject[] {
  const strictTools = tools.filter((tool) => tool.type === "function" && tool.strict === true).length;
  const allowsStrict = traits.nativeJson && strictTools <= MAX_STRICT_TOOLS;
  return tools.flatMap((tool) => {
    if (tool.type === "provider") return writeProviderTool(tool, losses);
    const sameWire = wire === "anthropic-messages";
    if (!sameWire) losses.extra("tool", tool.extra);
    if (tool.strict === true && !allowsStrict) losses.at("tool", "strict");
    return [{ ...(sameWire ? tool.extra : {}), ...writeFunction(tool, allowsStrict) }];
  });
}

function writeProviderTool(
  { wire, raw }: Extract<ToolDefinition, { type: "provider" }>,
  losses: Losses,
): readonly JsonObject[] {
  if (wire === "anthropic-messages" && isJsonObject(raw)) return [raw];
  losses.at("tool", (isJsonObject(raw) ? textOf(raw, "type") : undefined) ?? "type");
  return [];
}

const FREEFORM_INPUT: JsonObject = {
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
};

function writeFunction(tool: FunctionTool, allowsStrict: boolean): JsonObject {
  const schema = isJsonObject(tool.parameters) ? tool.parameters : {};
  return {
    name: tool.name,
    ...(tool.description === undefined ? {} : { description: tool.description }),
    input_schema: tool.freeform === true ? FREEFORM_INPUT : withType(schema),
    ...(tool.strict === true && allowsStrict ? { strict: true } : {}),
    ...writeCacheMark(tool.cache),
  };
}

/** Anthropic takes objects only and wants it said; OpenAI's clients may leave it out for a call without arguments. */
function withType(schema: JsonObject): JsonObject {
  return schema.type === "object" ? schema : { ...schema, type: "object" };
}

interface Choice {
  type?: string;
  name?: string;
  disable_parallel_tool_use?: boolean;
}

function writeChoice(
  request: ChatRequest,
  answer: JsonAnswerTool | null,
  tools: number,
): Choice & JsonObject {
  const { toolChoice, sampling } = request;
  const serial = sampling.parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  if (answer !== null) {
    // With the client's tools beside it the model chooses: one of them, or the answer.
    return tools === 1 || toolChoice?.type === "none"
      ? { type: "tool", name: answer.name, disable_parallel_tool_use: true }
      : { type: "any", ...serial };
  }
  switch (toolChoice?.type) {
    case "tool":
      return { type: "tool", name: toolChoice.name, ...serial };
    case "required":
      return { type: "any", ...serial };
    case "none":
      return { type: "none" };
    case "auto":
      return { type: "auto", ...serial };
    default:
      return sampling.parallelToolCalls === false ? { type: "auto", ...serial } : {};
  }
}
