import type { Endpoint } from "../endpoints.ts";
import {
  checkChatRequest,
  checkCohereChatRequest,
  checkCohereEmbedRequest,
  checkCompletionRequest,
  checkConverseRequest,
  checkEmbedContentRequest,
  checkEmbeddingRequest,
  checkGenerateContentRequest,
  checkInvokeModelRequest,
  checkMessagesRequest,
  checkModelOnlyRequest,
  checkRerankRequest,
  checkResponsesRequest,
  checkTokenizeRequest,
} from "../generated/request-validators.ts";
import type { CompiledValidator } from "../schema/compiled-validator.ts";
import {
  displayPath,
  expectation,
  type JsonSchema,
  pointerSegments,
  schemaAt,
} from "../schema/json-schema.ts";
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
} from "./schemas.ts";

/** Why a request body is refused; `code` and `param` go into the GatewayError as they are. */
export type RequestProblem = {
  readonly code: "missing_field" | "invalid_field";
  /** The field at fault, for example `messages[0].role`; "" for the body itself. */
  readonly param: string;
  /** One sentence that names the field and what it must be. Never quotes the client's value. */
  readonly message: string;
};

interface RequestCheck {
  readonly check: CompiledValidator;
  readonly schema: JsonSchema;
}

const MODEL_ONLY: RequestCheck = { check: checkModelOnlyRequest, schema: MODEL_ONLY_REQUEST_SCHEMA };
const RERANK: RequestCheck = { check: checkRerankRequest, schema: RERANK_REQUEST_SCHEMA };
const GENERATE_CONTENT: RequestCheck = {
  check: checkGenerateContentRequest,
  schema: GENERATE_CONTENT_REQUEST_SCHEMA,
};
const EMBED_CONTENT: RequestCheck = {
  check: checkEmbedContentRequest,
  schema: EMBED_CONTENT_REQUEST_SCHEMA,
};
const MESSAGES: RequestCheck = { check: checkMessagesRequest, schema: MESSAGES_REQUEST_SCHEMA };

const CHECKS: Readonly<Record<Endpoint, RequestCheck>> = {
  chat: { check: checkChatRequest, schema: CHAT_REQUEST_SCHEMA },
  completions: { check: checkCompletionRequest, schema: COMPLETION_REQUEST_SCHEMA },
  responses: { check: checkResponsesRequest, schema: RESPONSES_REQUEST_SCHEMA },
  messages: MESSAGES,
  "messages-count-tokens": MESSAGES,
  "generate-content": GENERATE_CONTENT,
  "gemini-count-tokens": GENERATE_CONTENT,
  converse: { check: checkConverseRequest, schema: CONVERSE_REQUEST_SCHEMA },
  "invoke-model": { check: checkInvokeModelRequest, schema: INVOKE_MODEL_REQUEST_SCHEMA },
  "cohere-chat": { check: checkCohereChatRequest, schema: COHERE_CHAT_REQUEST_SCHEMA },
  embeddings: { check: checkEmbeddingRequest, schema: EMBEDDING_REQUEST_SCHEMA },
  "embed-content": EMBED_CONTENT,
  "batch-embed-contents": EMBED_CONTENT,
  "cohere-embed": { check: checkCohereEmbedRequest, schema: COHERE_EMBED_REQUEST_SCHEMA },
  rerank: RERANK,
  "cohere-rerank": RERANK,
  moderations: MODEL_ONLY,
  images: MODEL_ONLY,
  speech: MODEL_ONLY,
};

/** The first problem of a parsed request body, or null when it may go on. */
export function validateRequest(endpoint: Endpoint, body: unknown): RequestProblem | null {
  const { check, schema } = CHECKS[endpoint];
  return check(body) ? null : describeProblem(check, schema);
}

/** The same for tokenize, which wants a prompt or messages and does not mind which. */
export function validateTokenizeRequest(body: unknown): RequestProblem | null {
  if (!checkTokenizeRequest(body)) return describeProblem(checkTokenizeRequest, TOKENIZE_REQUEST_SCHEMA);
  if (hasField(body, "prompt") || hasField(body, "messages")) return null;
  return {
    code: "missing_field",
    param: "prompt",
    message: 'One of the fields "prompt" and "messages" must be there.',
  };
}

function hasField(body: unknown, name: string): boolean {
  return typeof body === "object" && body !== null && Object.hasOwn(body, name);
}

function describeProblem(validator: CompiledValidator, root: JsonSchema): RequestProblem {
  const error = validator.errors?.[0];
  if (error === undefined) throw new Error("a validator refused a value without an error");
  const segments = pointerSegments(error.instancePath);
  const missing = error.params.missingProperty;
  if (error.keyword === "required" && missing !== undefined) {
    const param = displayPath([...segments, missing]);
    return { code: "missing_field", param, message: `The field "${param}" is missing.` };
  }
  const param = displayPath(segments);
  const expected = expectation(schemaAt(root, segments) ?? {});
  const subject = param === "" ? "The request body" : `The field "${param}"`;
  return { code: "invalid_field", param, message: `${subject} must be ${expected}.` };
}
