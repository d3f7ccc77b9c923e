/**
 * Errors in answers of status 200. Providers, and more often what stands before them, answer so; passed on it would be a
 * success to every client, and to retries.
 */
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ProviderAdapter, ProviderService } from "@headrace/core/provider-adapter";
import { statusOfErrorCode } from "@headrace/providers/error-status";
import { memberStart } from "@headrace/providers/json/member-span";
import { parseAnswer } from "./parse-answer.ts";
import type { RelayedError } from "./stream-relay.ts";

/** Who answered, and on which wire. */
export interface Respondent {
  readonly service: ProviderService | undefined;
  readonly adapter: ProviderAdapter;
}

const ERROR_MEMBER = "error";
const ERROR_KEY = Buffer.from(`"${ERROR_MEMBER}"`);
/** An error stands where a document begins, behind little more than an id. */
const HEAD_BYTES = 1024;
/** Room for what a provider quotes of another one's error, in a document that has nothing else. */
const MAX_BARE_BYTES = 8 * 1024;
const OPEN_BRACE = 0x7b;
const QUOTE = 0x22;
const OK_STATUS = 200;

/**
 * Whether a whole answer is worth a closer look. It costs good answers one short native search, and a scan of the first
 * members where they have `"error":null`, as OpenAI's responses do.
 *
 * @param isMetered - it tells of tokens, which errors do not, except for those in the wires' common place
 */
export function mayBeError(body: Buffer, isMetered: boolean): boolean {
  if (!isMetered && body.length <= MAX_BARE_BYTES) return true;
  if ((body.length <= HEAD_BYTES ? body : body.subarray(0, HEAD_BYTES)).indexOf(ERROR_KEY) === -1)
    return false;
  // Some put it into a list.
  const start = body.indexOf(OPEN_BRACE);
  const value = start === -1 ? -1 : memberStart(body, start, ERROR_MEMBER);
  return body[value] === OPEN_BRACE || body[value] === QUOTE;
}

/** The error that stands in place of an answer; null for a document that is none. */
export function readReportedError(body: Buffer, { service, adapter }: Respondent): RelayedError | null {
  const document = parseAnswer(body);
  const answer: unknown = Array.isArray(document) ? document[0] : document;
  if (!isJsonObject(answer)) return null;
  const reading = service?.stream?.readEvent(JSON.stringify(answer));
  if (reading?.kind === "error") return reading;
  if (!isErrorObject(answer)) return null;
  const { message, code } = adapter.readError(OK_STATUS, document);
  return { message, status: statusOfErrorCode(code ?? "") };
}

/** In any of the forms that a provider's adapter can read; no answer of any wire has such a member. */
function isErrorObject({ error, type, object, message, Message, detail, errors }: JsonObject): boolean {
  if (isJsonObject(error) || isJsonObject(detail) || type === "error" || object === "error") return true;
  if (Array.isArray(errors) && errors.length > 0) return true;
  return [error, message, Message, detail].some((words) => typeof words === "string" && words !== "");
}
