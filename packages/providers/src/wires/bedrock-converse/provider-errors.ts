import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { countOf, parseJsonObject, textOf } from "../../json/read.ts";

/** Bedrock API reference, errors of `Converse`, `ConverseStream`, `InvokeModel` and `InvokeModelWithResponseStream`. */
const STATUS_BY_EXCEPTION: ReadonlyMap<string, number> = new Map([
  ["validationexception", 400],
  ["servicequotaexceededexception", 400],
  ["accessdeniedexception", 403],
  ["resourcenotfoundexception", 404],
  ["modeltimeoutexception", 408],
  ["modelerrorexception", 424],
  ["modelstreamerrorexception", 424],
  ["throttlingexception", 429],
  ["modelnotreadyexception", 429],
  ["internalserverexception", 500],
  ["serviceunavailableexception", 503],
]);

const EXCEPTION = /exception$/i;

/** Null for a name that Bedrock's reference does not list. */
export function statusOfException(name: string): number | null {
  return STATUS_BY_EXCEPTION.get(name.toLowerCase()) ?? null;
}

/** Bedrock's body is `{"message"}`; what stands before it answers `{"Message"}` or names the error in `__type`. */
export function readConverseError(status: number, body: unknown): ProviderErrorWords {
  const answer = isJsonObject(body) ? body : {};
  const type = textOf(answer, "__type");
  return {
    message: messageOf(answer) ?? `The provider answered with status ${status} and no words.`,
    // The part before the mark is the namespace: `com.amazon.coral.service#AccessDeniedException`.
    code: type === undefined ? null : type.slice(type.lastIndexOf("#") + 1),
    param: null,
  };
}

export interface StreamException {
  readonly message: string;
  readonly status: number | null;
}

/** Null for a message of a stream that is no exception. */
export function readStreamException(type: string, payload: string): StreamException | null {
  if (!EXCEPTION.test(type)) return null;
  const body = parseJsonObject(payload) ?? {};
  const message = messageOf(body) ?? textOf(body, "originalMessage");
  return {
    message: message ?? `The provider ended its stream with an error: ${type}.`,
    status: countOf(body, "originalStatusCode") ?? statusOfException(type),
  };
}

function messageOf(body: JsonObject): string | undefined {
  return [textOf(body, "message"), textOf(body, "Message")].find((text) => text !== undefined && text !== "");
}
