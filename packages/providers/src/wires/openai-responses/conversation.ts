/**
 * Stored responses for providers that store none. The gateway keeps what was said, and a request that goes on from it is
 * made whole before it is translated.
 */
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { objectOf, objectsOf, parseJsonObject, textOf } from "../../json/read.ts";

/** A call as it is kept. */
export interface StoredConversation {
  /** All items that the model was given, those of the conversation before it included. */
  readonly input: readonly JsonObject[];
  /** The response object, with its output. */
  readonly response: JsonObject;
}

/** Under which a conversation is found. */
export interface ConversationKey {
  /** Whose it is: nobody else can name it, even by its id. */
  readonly owner: string;
  readonly responseId: string;
}

/** Where conversations are kept for a while, as {@link writeConversation} has them; within bounds, so that any may be gone. */
export interface ConversationStore {
  put(key: ConversationKey, conversation: Uint8Array): Promise<void>;
  get(key: ConversationKey): Promise<Uint8Array | null>;
  /** @returns false when there was none */
  delete(key: ConversationKey): Promise<boolean>;
}

/**
 * A call as bytes, put together of what is JSON already.
 *
 * @param input - a list of items
 * @param response - the response object
 */
export function writeConversation(input: Uint8Array, response: Uint8Array): Buffer {
  return Buffer.concat([INPUT_MEMBER, input, RESPONSE_MEMBER, response, END]);
}

/** @param conversation - what {@link writeConversation} gave */
export function readConversation(conversation: Uint8Array): StoredConversation {
  const { buffer, byteOffset, byteLength } = conversation;
  const read = parseJsonObject(Buffer.from(buffer, byteOffset, byteLength).toString());
  const response = read === null ? undefined : objectOf(read, "response");
  if (read === null || response === undefined) throw new Error("a stored conversation cannot be read");
  return { input: objectsOf(read, "input"), response };
}

const INPUT_MEMBER = Buffer.from('{"input":');
const RESPONSE_MEMBER = Buffer.from(',"response":');
const END = Buffer.from("}");

/**
 * What stands in `previous_response_id` once the request holds the conversation itself. A client's own body cannot have
 * it, whose schema wants a text there.
 */
interface Continued {
  readonly continued: string;
}

/** Not a text, so that no client's body can have it, nor is it taken for a field. */
const UNKEPT = Symbol("unkept");

/** The request with the mark that nobody will keep its response, whatever it says of `store`. */
export function withoutKeeping(body: JsonObject): JsonObject {
  return { ...body, [UNKEPT]: true };
}

export function isUnkept(body: JsonObject): boolean {
  return UNKEPT in body;
}

/**
 * What is lost of a request whose response the gateway keeps in its provider's place, or whose client is to be told that
 * nobody does.
 *
 * @param lost - by the provider
 */
export function lostForKeeping(lost: readonly string[], body: JsonObject, kept: boolean): readonly string[] {
  const others = lost.filter((field) => field !== "store");
  return kept || body.store !== true ? others : ["store", ...others];
}

/** The items of `input`; a text is one message of the user. */
export function inputItems(body: JsonObject): readonly JsonObject[] {
  if (typeof body.input === "string")
    return [{ type: "message", role: "user", content: [{ type: "input_text", text: body.input }] }];
  return objectsOf(body, "input");
}

/**
 * The request with the whole conversation as its input. Instructions of before do not count any more, as at OpenAI.
 *
 * @param stored - null when it is not there, or not any more
 * @throws GatewayError `previous_response_not_found`
 */
export function continueConversation(body: JsonObject, stored: StoredConversation | null): JsonObject {
  if (stored === null) throw previousNotFound(textOf(body, "previous_response_id") ?? "");
  const continued: Continued = { continued: textOf(stored.response, "id") ?? "" };
  return {
    ...body,
    previous_response_id: continued,
    input: [...stored.input, ...outputAsInput(stored.response), ...inputItems(body)],
  };
}

/**
 * The id that a request goes on from, once its conversation is part of it.
 *
 * @throws GatewayError `previous_response_not_found` when it is not
 */
export function continuedFrom(body: JsonObject): string | null {
  const previous = body.previous_response_id;
  if (previous === undefined || previous === null) return null;
  if (isJsonObject(previous)) {
    const id = textOf(previous, "continued");
    if (id !== undefined) return id;
  }
  throw previousNotFound(typeof previous === "string" ? previous : "");
}

/** @param id - as the client gave it */
export function previousNotFound(id: string): GatewayError {
  return new GatewayError("previous_response_not_found", {
    param: "previous_response_id",
    message: `Previous response with id ${JSON.stringify(id.slice(0, 100))} not found.`,
  });
}

/**
 * The response of a stream, from the text that its encoder ended with.
 *
 * @returns null when nothing was said that could be gone on from
 */
export function responseOfEnding(events: string): JsonObject | null {
  const start = events.lastIndexOf("\ndata: ");
  const event = start === -1 ? null : parseJsonObject(events.slice(start + "\ndata: ".length));
  const response = event?.response;
  return isJsonObject(response) && response.status !== "failed" ? response : null;
}

/** A call that was cut off has half of its arguments, which no provider takes back. */
function outputAsInput(response: JsonObject): readonly JsonObject[] {
  return objectsOf(response, "output").filter(
    ({ type, status }) =>
      status !== "incomplete" || (type !== "function_call" && type !== "custom_tool_call"),
  );
}

/** What `GET /v1/responses/{id}/input_items` may ask for; absent as OpenAI's reference has it. */
export interface InputItemsQuery {
  readonly after?: string;
  /** 1 to 100. */
  readonly limit?: number;
  readonly order?: "asc" | "desc";
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** A page of a stored call's input, the newest first unless asked (OpenAI API reference, "List input items"). */
export function listInputItems(stored: StoredConversation, query: InputItemsQuery): JsonObject {
  const responseId = textOf(stored.response, "id") ?? "";
  const items = stored.input.map((item, index) => asListed(item, `item_${responseId.slice(5)}_${index}`));
  if (query.order !== "asc") items.reverse();
  const first = query.after === undefined ? 0 : items.findIndex(({ id }) => id === query.after) + 1;
  const limit = Math.min(MAX_LIMIT, Math.max(1, Math.trunc(query.limit ?? DEFAULT_LIMIT)));
  const page = items.slice(first, first + limit);
  return {
    object: "list",
    data: page,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
    has_more: first + limit < items.length,
  };
}

/** Listed items have an id each, and a message's content is a list. */
function asListed(item: JsonObject, id: string): JsonObject {
  const listed = { ...item, type: textOf(item, "type") ?? "message", id: textOf(item, "id") ?? id };
  if (typeof item.content !== "string") return listed;
  const type = item.role === "assistant" ? "output_text" : "input_text";
  return { ...listed, content: [{ type, text: item.content }] };
}
