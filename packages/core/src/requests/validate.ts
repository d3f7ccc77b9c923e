import {
  checkChatRequest,
  checkCompletionRequest,
  checkEmbeddingRequest,
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
  COMPLETION_REQUEST_SCHEMA,
  EMBEDDING_REQUEST_SCHEMA,
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

/** The first problem of a parsed chat completion body, or null when it may go on. */
export function validateChatRequest(body: unknown): RequestProblem | null {
  return checkChatRequest(body) ? null : describeProblem(checkChatRequest, CHAT_REQUEST_SCHEMA);
}

/** The same for a legacy text completion. */
export function validateCompletionRequest(body: unknown): RequestProblem | null {
  return checkCompletionRequest(body)
    ? null
    : describeProblem(checkCompletionRequest, COMPLETION_REQUEST_SCHEMA);
}

/** The same for embeddings. */
export function validateEmbeddingRequest(body: unknown): RequestProblem | null {
  return checkEmbeddingRequest(body)
    ? null
    : describeProblem(checkEmbeddingRequest, EMBEDDING_REQUEST_SCHEMA);
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
