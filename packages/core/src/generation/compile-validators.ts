import { Ajv as AjvDraft7, type AnySchema, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import standalone from "ajv/dist/standalone/index.js";
import { CONFIG_SCHEMA } from "../config/schema.ts";
import {
  CHAT_REQUEST_SCHEMA,
  COHERE_CHAT_REQUEST_SCHEMA,
  COHERE_EMBED_REQUEST_SCHEMA,
  COMPLETION_REQUEST_SCHEMA,
  CONVERSE_REQUEST_SCHEMA,
  EMBED_CONTENT_REQUEST_SCHEMA,
  EMBEDDING_REQUEST_SCHEMA,
  GENERATE_CONTENT_REQUEST_SCHEMA,
  INVOKE_MODEL_REQUEST_SCHEMA,
  MESSAGES_REQUEST_SCHEMA,
  MODEL_ONLY_REQUEST_SCHEMA,
  RERANK_REQUEST_SCHEMA,
  RESPONSES_REQUEST_SCHEMA,
  TOKENIZE_REQUEST_SCHEMA,
} from "../requests/schemas.ts";

/**
 * ajv compiles ahead of time, so that neither ajv nor `new Function` is there at run time. The code that it
 * writes is untyped, hence the `@ts-nocheck`; the exports get their type here.
 */
const HEAD = `// @ts-nocheck
// Generated from the schemas by \`pnpm --filter @headrace/core generate\`; do not edit.
import type { CompiledValidator } from "../schema/compiled-validator.ts";
`;

const OPTIONS: Options = {
  code: { source: true, esm: true },
  strict: true,
  allowUnionTypes: true,
  // Counts UTF-16 units: the only lengths that we check are "not empty", and the generated code then imports nothing.
  unicode: false,
  // Says once a run that `unicode` is deprecated; faults in a schema throw (strict).
  logger: false,
};

/** Text of generated/config-validator.ts. Reports every error and fills in defaults. */
export function configValidatorSource(): string {
  const ajv = new Ajv2020({ ...OPTIONS, allErrors: true, useDefaults: true });
  ajv.addVocabulary(["x-expected", "x-secret", "x-not-built", "x-not-built-values"]);
  ajv.addSchema(CONFIG_SCHEMA, "config");
  return typed(standalone.default(ajv, { checkConfig: "config" }));
}

/** Text of generated/request-validators.ts. Stops at the first error; changes nothing. */
export function requestValidatorsSource(): string {
  const ajv = new AjvDraft7(OPTIONS);
  const schemas: Record<string, AnySchema> = {
    checkChatRequest: CHAT_REQUEST_SCHEMA,
    checkCompletionRequest: COMPLETION_REQUEST_SCHEMA,
    checkEmbeddingRequest: EMBEDDING_REQUEST_SCHEMA,
    checkResponsesRequest: RESPONSES_REQUEST_SCHEMA,
    checkMessagesRequest: MESSAGES_REQUEST_SCHEMA,
    checkGenerateContentRequest: GENERATE_CONTENT_REQUEST_SCHEMA,
    checkEmbedContentRequest: EMBED_CONTENT_REQUEST_SCHEMA,
    checkConverseRequest: CONVERSE_REQUEST_SCHEMA,
    checkInvokeModelRequest: INVOKE_MODEL_REQUEST_SCHEMA,
    checkCohereChatRequest: COHERE_CHAT_REQUEST_SCHEMA,
    checkCohereEmbedRequest: COHERE_EMBED_REQUEST_SCHEMA,
    checkRerankRequest: RERANK_REQUEST_SCHEMA,
    checkModelOnlyRequest: MODEL_ONLY_REQUEST_SCHEMA,
    checkTokenizeRequest: TOKENIZE_REQUEST_SCHEMA,
  };
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, name);
  const names = Object.fromEntries(Object.keys(schemas).map((name) => [name, name]));
  return typed(standalone.default(ajv, names));
}

function typed(code: string): string {
  const body = code
    .replace('"use strict";', "")
    .replaceAll(/export const (\w+) = /g, "export const $1: CompiledValidator = ")
    // One statement a line keeps the diff of a schema change readable.
    .replaceAll(/;(?=(export|const|function) )/g, ";\n");
  if (body.includes("require(")) throw new Error("the generated validator needs a run-time import");
  return `${HEAD}${body.trim()}\n`;
}
