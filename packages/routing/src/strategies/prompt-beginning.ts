import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { StableHash } from "./stable-hash.ts";

/** What of each part goes into the hash: enough to tell prompts apart, little enough to cost a few microseconds. */
const SYSTEM_CHARS = 1_024;
const TOOLS_CHARS = 512;
const USER_CHARS = 512;
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
 * Adds how a prompt begins, which is what providers cache and what every turn of a conversation sends again: system
 * prompt, tools and the first message of the user. Of long ones only a part, and their lengths.
 *
 * @param body - a request of any client wire
 */
export function addPromptBeginning(hash: StableHash, body: JsonObject): void {
  for (const name of SYSTEM_MEMBERS) addValue(hash, body[name], SYSTEM_CHARS);
  addValue(hash, body.tools, TOOLS_CHARS);
  for (const name of TURN_MEMBERS) addTurns(hash, body[name]);
}

function addTurns(hash: StableHash, turns: unknown): void {
  if (!Array.isArray(turns)) {
    addValue(hash, turns, USER_CHARS);
    return;
  }
  const length = Math.min(turns.length, MAX_MESSAGES);
  for (let index = 0; index < length; index += 1) {
    const turn: unknown = turns[index];
    const isLast = isUsers(turn);
    addValue(hash, turn, isLast ? USER_CHARS : SYSTEM_CHARS);
    if (isLast) return;
  }
}

/** Gemini lets the user's role away; a bare text, as in the input for embeddings, is the user's too. */
function isUsers(turn: unknown): boolean {
  return !isJsonObject(turn) || turn.role === undefined || turn.role === "user";
}

function addValue(hash: StableHash, value: unknown, chars: number): void {
  if (value === undefined || value === null) return;
  new PartReader(hash, chars).add(value, MAX_DEPTH);
}

/** Feeds a JSON value to a hash until there was enough of it. */
class PartReader {
  readonly #hash: StableHash;
  #charsLeft: number;
  #valuesLeft = MAX_VALUES;

  constructor(hash: StableHash, chars: number) {
    this.#hash = hash;
    this.#charsLeft = chars;
  }

  add(value: unknown, depth: number): void {
    if (depth === 0 || this.#charsLeft <= 0 || this.#valuesLeft <= 0) return;
    this.#valuesLeft -= 1;
    if (typeof value === "string") this.#addText(value);
    else if (Array.isArray(value)) this.#addList(value, depth);
    else if (isJsonObject(value)) this.#addObject(value, depth);
    else this.#addText(String(value));
  }

  #addList(list: readonly unknown[], depth: number): void {
    for (let index = 0; index < list.length && this.#valuesLeft > 0; index += 1) {
      this.add(list[index], depth - 1);
    }
  }

  #addObject(object: JsonObject, depth: number): void {
    for (const name in object) {
      // Marks of what to cache move on through a conversation, while its words stay the same.
      if (name === "cache_control") continue;
      if (this.#charsLeft <= 0 || this.#valuesLeft <= 0) return;
      this.#addText(name);
      this.add(object[name], depth - 1);
    }
  }

  #addText(text: string): void {
    this.#hash.addPart(text, this.#charsLeft);
    this.#charsLeft -= text.length;
  }
}
