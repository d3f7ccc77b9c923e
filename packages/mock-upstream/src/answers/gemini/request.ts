import type { Call, Target } from "../contract.ts";
import { BARE_REQUEST, type GenerationRequest, type OfferedTool } from "../generation.ts";
import { type JsonObject, numberOf, objectOf, objectsOf, stringOf, textOf } from "../json.ts";
import type { Refusal } from "../refusal.ts";
import { member } from "./member.ts";
import { contentProblem } from "./validation.ts";

/** Forms of an answer that the request chooses, joined in `variant`. */
export const ARRAY_FORM = "array";
export const THOUGHTS_SHOWN = "thoughts";

const MODEL_AND_METHOD = /\/models\/(.+):([A-Za-z]+)$/;

/** Reads a request whose stream is said by the method in its URL. */
export function readGenerateContent(call: Call, stream: boolean): GenerationRequest | Refusal {
  const { body, target } = call;
  const problem = contentProblem(call);
  if (problem !== undefined) return problem;
  const config = objectOf(member(body, "generationConfig"));
  const contents = objectsOf(body.contents);
  const array = stream && !/(^|&)alt=sse(&|$)/.test(target.query);
  const shown = member(objectOf(member(config, "thinkingConfig")), "includeThoughts") === true;
  return {
    ...BARE_REQUEST,
    model: modelOf(target),
    stream,
    choices: numberOf(member(config, "candidateCount")) ?? 1,
    maxTokens: numberOf(member(config, "maxOutputTokens")),
    tools: readTools(body),
    toolRounds: toolRoundsOf(contents),
    jsonSchema: readJsonSchema(config),
    userText: textOf(contents.findLast((content) => content.role !== "model")?.parts),
    variant: [...(array ? [ARRAY_FORM] : []), ...(shown ? [THOUGHTS_SHOWN] : [])].join(","),
  };
}

/** The model that a URL names, `gemini-pro` of `…/models/gemini-pro:generateContent`. */
function modelOf(target: Target): string {
  return decodeURIComponent(MODEL_AND_METHOD.exec(target.path)?.[1] ?? "");
}

function readTools(body: JsonObject): OfferedTool[] {
  const config = objectOf(member(objectOf(member(body, "toolConfig")), "functionCallingConfig"));
  if (config.mode === "NONE") return [];
  const allowed = member(config, "allowedFunctionNames");
  return objectsOf(body.tools)
    .flatMap((tool) => objectsOf(member(tool, "functionDeclarations")))
    .filter(({ name }) => !Array.isArray(allowed) || allowed.length === 0 || allowed.includes(name))
    .map((declaration) => ({
      name: stringOf(declaration.name),
      parameters: lowerTypes(member(declaration, "parametersJsonSchema") ?? declaration.parameters),
    }));
}

/** Contents from the end back that bring results of functions. */
function toolRoundsOf(contents: readonly JsonObject[]): number {
  let rounds = 0;
  for (const content of contents.toReversed()) {
    if (content.role === "model") continue;
    if (!objectsOf(content.parts).some((part) => member(part, "functionResponse") !== undefined)) break;
    rounds += 1;
  }
  return rounds;
}

function readJsonSchema(config: JsonObject): unknown {
  const schema = member(config, "responseJsonSchema") ?? member(config, "responseSchema");
  if (schema !== undefined) return lowerTypes(schema);
  return member(config, "responseMimeType") === "application/json" ? true : undefined;
}

/** Google's own schemas write types in capitals. */
function lowerTypes(value: unknown): unknown {
  const json = JSON.stringify(value ?? {});
  return JSON.parse(json, (key, inner: unknown) =>
    key === "type" && typeof inner === "string" ? inner.toLowerCase() : inner,
  );
}
