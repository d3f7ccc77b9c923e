import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { addPromptText } from "./prompt-hash.ts";
import { scatter } from "./stable-hash.ts";

/**
 * What of each part goes into the hash: enough, with the lengths of all texts, to tell prompts apart, and little enough to
 * cost a microsecond, as it is reading the characters that takes the time.
 */
const SYSTEM_CHARS = 512;
const TOOLS_CHARS = 256;
const USER_CHARS = 256;
/** Numbers and marks count too, so that lists of them come to an end; nesting is bounded by it as well. */
const MAX_VALUES = 256;
const MAX_DEPTH = 8;
/** Instructions and examples before the user's first word. */
const MAX_MESSAGES = 32;

/** Members that stand before the conversation: of OpenAI's wires, of Anthropic's and of Gemini's. */
const SYSTEM_MEMBERS = ["instructions", "system", "systemInstruction", "system_instruction"] as const;
/** Members that hold what is said: of OpenAI's wires and Anthropic's, and of Gemini's. */
const TURN_MEMBERS = ["messages", "input", "contents", "prompt"] as const;

/**
 * The hash of how a prompt begins, which is what providers cache and what every turn of a conversation sends again:
 * system prompt, tools and the first message of the user. Of long ones only a part, and their lengths.
 *
 * @param body - a request of any client wire
 * @param seed - others give hashes that have nothing to do with one another
 * @returns 32 bits, unsigned; null when there is no prompt
 */
export function promptBeginningHash(body: JsonObject, seed: number): number | null {
  READER.begin(seed);
  for (const name of SYSTEM_MEMBERS) READER.addPart(body[name], SYSTEM_CHARS);
  READER.addPart(body.tools, TOOLS_CHARS);
  for (const name of TURN_MEMBERS) addTurns(body[name]);
  return READER.value();
}

function addTurns(turns: unknown): void {
  if (!Array.isArray(turns)) {
    READER.addPart(turns, USER_CHARS);
    return;
  }
  const length = Math.min(turns.length, MAX_MESSAGES);
  for (let index = 0; index < length; index += 1) {
    const turn: unknown = turns[index];
    const isLast = isUsers(turn);
    READER.addPart(turn, isLast ? USER_CHARS : SYSTEM_CHARS);
    if (isLast) return;
  }
}

/** Gemini lets the user's role away; a bare text, as in the input for embeddings, is the user's too. */
function isUsers(turn: unknown): boolean {
  return !isJsonObject(turn) || turn.role === undefined || turn.role === "user";
}

/** Feeds JSON values to a hash, of each until there was enough of it. */
class PromptReader {
  #hash = 0;
  /** Whether anything but empty texts was added. */
  #hasText = false;
  #charsLeft = 0;
  #valuesLeft = 0;

  begin(seed: number): void {
    this.#hash = seed | 0;
    this.#hasText = false;
  }

  addPart(value: unknown, chars: number): void {
    if (value === undefined || value === null) return;
    this.#charsLeft = chars;
    this.#valuesLeft = MAX_VALUES;
    this.#add(value, MAX_DEPTH);
  }

  value(): number | null {
    return this.#hasText ? scatter(this.#hash) : null;
  }

  #add(value: unknown, depth: number): void {
    if (depth === 0 || this.#charsLeft <= 0 || this.#valuesLeft <= 0) return;
    this.#valuesLeft -= 1;
    if (typeof value === "string") this.#addText(value);
    else if (Array.isArray(value)) this.#addList(value, depth);
    else if (isJsonObject(value)) this.#addObject(value, depth);
    else this.#addText(String(value));
  }

  #addList(list: readonly unknown[], depth: number): void {
    for (let index = 0; index < list.length; index += 1) {
      if (this.#charsLeft <= 0 || this.#valuesLeft <= 0) return;
      this.#add(list[index], depth - 1);
    }
  }

  #addObject(object: JsonObject, depth: number): void {
    for (const name in object) {
      // Marks of what to cache move on through a conversation, while its words stay the same.
      if (name === "cache_control") continue;
      if (this.#charsLeft <= 0 || this.#valuesLeft <= 0) return;
      this.#addText(name);
      this.#add(object[name], depth - 1);
    }
  }

  #addText(text: string): void {
    this.#hash = addPromptText(this.#hash, text, this.#charsLeft);
    this.#charsLeft -= text.length;
    if (text !== "") this.#hasText = true;
  }
}

/** One for all: a hash is made in one go and shall make no garbage. */
const READER = new PromptReader();
