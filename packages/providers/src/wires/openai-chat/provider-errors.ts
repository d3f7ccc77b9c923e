/**
 * What a provider on this wire says when it fails. OpenAI's is `{"error":{"message","type","code","param"}}`, and nearly
 * every vendor after it has changed something about that.
 */
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderErrorWords } from "@headrace/core/provider-adapter";
import { objectOf, objectsOf, textOf } from "../../json/read.ts";
import { statusInOpenAiError } from "../../openai/error-statuses.ts";

/** What an error says, whatever its form. */
interface Words {
  readonly message: string | null;
  readonly code: string | null;
  readonly param: string | null;
}

export function readOpenAiError(status: number, body: unknown): ProviderErrorWords {
  const { message, code, param } = readWords(body);
  return {
    message: message ?? `The provider answered with status ${status} and no words.`,
    code,
    param,
  };
}

/** An error in place of an answer, or of an event of a stream. */
export interface InlineError {
  readonly message: string;
  /** The HTTP status that it names, or null. */
  readonly status: number | null;
}

const NO_MESSAGE = "the provider gave no message";

/** Null for what is no error. */
export function inlineErrorIn(event: JsonObject): InlineError | null {
  const { error } = event;
  if (isJsonObject(error))
    return {
      message: readWords(event).message ?? NO_MESSAGE,
      status: statusInOpenAiError(error),
    };
  if (typeof error === "string") return { message: error === "" ? NO_MESSAGE : error, status: null };
  if (event.object === "error")
    return {
      message: readWords(event).message ?? NO_MESSAGE,
      status: statusInOpenAiError(event),
    };
  return miniMaxError(event);
}

/** MiniMax API reference, `base_resp`: it is in every answer, and 0 when all went well. */
function miniMaxError(event: JsonObject): InlineError | null {
  if (event.base_resp === undefined) return null;
  const base = objectOf(event, "base_resp") ?? {};
  const code = base.status_code;
  if (typeof code !== "number" || code === 0) return null;
  return { message: textOf(base, "status_msg") ?? NO_MESSAGE, status: null };
}

function readWords(body: unknown): Words {
  // Google's endpoint on this wire puts its error into a list.
  const answer = Array.isArray(body) ? body[0] : body;
  if (!isJsonObject(answer)) return { message: null, code: null, param: null };
  const error = objectOf(answer, "error") ?? {};
  const detail = firstDetail(answer) ?? firstDetail(objectOf(answer, "message") ?? {});
  const base = objectOf(answer, "base_resp") ?? {};
  const cloudflare = objectsOf(answer, "errors")[0] ?? {};
  return {
    message: firstText([
      withUpstream(error),
      textOf(answer, "error"),
      firstOfList(answer.error),
      detail?.message,
      textOf(answer, "message"),
      textOf(answer, "detail"),
      textOf(cloudflare, "message"),
      textOf(base, "status_msg"),
    ]),
    code: firstText([
      textOf(error, "code"),
      textOf(error, "type"),
      textOf(answer, "code"),
      textOf(answer, "error_code"),
      textOf(answer, "error_type"),
      textOf(answer, "type"),
      numberText(error.code),
      numberText(answer.code),
      numberText(cloudflare.code),
      numberText(base.status_code),
    ]),
    param: firstText([textOf(error, "param"), textOf(answer, "param"), detail?.param]),
  };
}

/** OpenRouter's own words say that somebody behind it failed, and `metadata.raw` what that one said. */
function withUpstream(error: JsonObject): string | undefined {
  const message = textOf(error, "message");
  const raw = textOf(objectOf(error, "metadata") ?? {}, "raw") ?? "";
  return message === undefined || raw === "" ? message : `${message}: ${raw}`;
}

/** FastAPI's list of what is wrong with a body, of which the first is told: `{"loc":["body","seed"],"msg":"…"}`. */
function firstDetail(object: JsonObject): { readonly message: string; readonly param?: string } | undefined {
  const first = objectsOf(object, "detail")[0];
  const message = first === undefined ? undefined : textOf(first, "msg");
  if (first === undefined || message === undefined) return undefined;
  const place = Array.isArray(first.loc) ? first.loc.map(String) : [];
  const param = place.at(-1);
  return param === undefined ? { message } : { message: `${message} (${place.join(".")})`, param };
}

function firstOfList(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof first === "string" ? first : undefined;
}

function numberText(value: unknown): string | undefined {
  return typeof value === "number" ? String(value) : undefined;
}

function firstText(candidates: readonly (string | undefined)[]): string | null {
  return candidates.find((text) => text !== undefined && text !== "") ?? null;
}
