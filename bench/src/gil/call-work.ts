import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { repoDir } from "../paths.ts";

/** The steps of one gateway call, in their order; `call` is all of them on a fresh body. */
export const STEPS = ["parse", "validate", "scan", "count", "encode", "call"] as const;
export type StepName = (typeof STEPS)[number];

/** What must be the same in every language, or the comparison is void. */
export interface WorkFacts {
  tokens: number;
  matches: number;
  answerBytes: number;
}

interface ChatRequest {
  model: string;
  messages: { role: string; content: string | { type: string; text?: string }[] }[];
  [name: string]: unknown;
}

const ROLES = new Set(["system", "developer", "user", "assistant", "tool"]);
const LIMITS: readonly [name: string, low: number, high: number][] = [
  ["temperature", 0, 2],
  ["top_p", 0, 1],
  ["presence_penalty", -2, 2],
];

/** The file with the ranks of this encoding in the npm package `tiktoken`. */
export function ranksFile(name: string): string {
  return createRequire(import.meta.url).resolve(`tiktoken/encoders/${name}.json`);
}

/** Counts the tokens of a text. */
type TokenCounter = (text: string) => number;

export interface WorkOptions {
  body: Uint8Array;
  patternsPath: string;
  ranksPath: string;
}

const GATEWAY_ENCODER = join(repoDir, "packages/workers/dist/tokens/encoder.js");
const GATEWAY_ENCODING = "o200k_base";

/** Which tokeniser counts: the gateway's own when it is built, else tiktoken as it comes. */
export const tokenizerName: string = existsSync(GATEWAY_ENCODER) ? "Headrace's" : "tiktoken (WebAssembly)";

async function loadCounter(ranksPath: string): Promise<TokenCounter> {
  if (!existsSync(GATEWAY_ENCODER)) return tiktokenCounter(ranksPath);
  const module: { textEncoding(name: string): { encode(text: string): { tokens: Uint32Array } } } =
    await import(pathToFileURL(GATEWAY_ENCODER).href);
  const encoding = module.textEncoding(GATEWAY_ENCODING);
  return (text) => encoding.encode(text).tokens.length;
}

function tiktokenCounter(path: string): TokenCounter {
  const require = createRequire(import.meta.url);
  const lite: typeof import("tiktoken/lite") = require("tiktoken/lite");
  const data: { bpe_ranks: string; special_tokens: Record<string, number>; pat_str: string } = JSON.parse(
    readFileSync(path, "utf8"),
  );
  const encoding = new lite.Tiktoken(data.bpe_ranks, data.special_tokens, data.pat_str);
  return (text) => encoding.encode_ordinary(text).length;
}

function loadPatterns(path: string): RegExp[] {
  const patterns: { pattern: string; ignoreCase?: boolean }[] = JSON.parse(readFileSync(path, "utf8"));
  return patterns.map(({ pattern, ignoreCase }) => new RegExp(pattern, ignoreCase ? "gi" : "g"));
}

/**
 * The CPU side of one gateway call on one body: the same work, in the same order, as `gil/python/gateway_work.py`.
 */
export class CallWork {
  readonly steps: Readonly<Record<StepName, () => unknown>>;
  readonly #body: Uint8Array;
  readonly #patterns: RegExp[];
  readonly #count: TokenCounter;
  readonly #text: string;

  private constructor(options: WorkOptions, count: TokenCounter) {
    this.#body = options.body;
    this.#patterns = loadPatterns(options.patternsPath);
    this.#count = count;
    const request = validate(this.#parse(options.body));
    this.#text = textOf(request);
    this.steps = {
      parse: () => this.#parse(this.#body),
      validate: () => validate(request),
      scan: () => this.#scan(this.#text),
      count: () => this.#count(this.#text),
      encode: () => encode({ request, text: this.#text, tokens: 1, matches: 0 }),
      call: () => this.callOn(this.#body),
    };
  }

  static async load(options: WorkOptions): Promise<CallWork> {
    return new CallWork(options, await loadCounter(options.ranksPath));
  }

  callOn(body: Uint8Array): Uint8Array {
    const request = validate(this.#parse(body));
    const text = textOf(request);
    const matches = this.#scan(text);
    const tokens = this.#count(text);
    return encode({ request, text, tokens, matches });
  }

  facts(): WorkFacts {
    return {
      tokens: this.#count(this.#text),
      matches: this.#scan(this.#text),
      answerBytes: this.callOn(this.#body).length,
    };
  }

  #parse(body: Uint8Array): unknown {
    return JSON.parse(decodeUtf8(body));
  }

  #scan(text: string): number {
    let matches = 0;
    for (const pattern of this.#patterns) {
      pattern.lastIndex = 0;
      while (pattern.exec(text) !== null) matches++;
    }
    return matches;
  }
}

function textOf(request: ChatRequest): string {
  const parts: string[] = [];
  for (const { content } of request.messages) {
    if (typeof content === "string") parts.push(content);
    else for (const part of content) if (part.type === "text") parts.push(part.text ?? "");
  }
  return parts.join("\n");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function validate(value: unknown): ChatRequest {
  if (!isObject(value)) throw new Error("body is not an object");
  if (typeof value.model !== "string" || value.model === "") throw new Error("model");
  const messages = value.messages;
  if (!Array.isArray(messages) || messages.length === 0) throw new Error("messages");
  for (const message of messages) validateMessage(message);
  for (const [name, low, high] of LIMITS) {
    const limit = value[name];
    if (limit !== undefined && (typeof limit !== "number" || limit < low || limit > high))
      throw new Error(name);
  }
  return value as ChatRequest;
}

function validateMessage(message: unknown): void {
  if (!isObject(message) || typeof message.role !== "string" || !ROLES.has(message.role)) {
    throw new Error("role");
  }
  const content = message.content;
  if (typeof content === "string") return;
  if (!Array.isArray(content)) throw new Error("content");
  for (const part of content) {
    if (!isObject(part) || typeof part.type !== "string") throw new Error("part");
  }
}

function encode(answer: { request: ChatRequest; text: string; tokens: number; matches: number }): Uint8Array {
  const { request, text, tokens, matches } = answer;
  return Buffer.from(
    JSON.stringify({
      id: "chatcmpl-0123456789",
      object: "chat.completion",
      created: 1750000000,
      model: request.model,
      choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
      usage: { prompt_tokens: tokens, completion_tokens: tokens, total_tokens: tokens * 2 },
      findings: matches,
    }),
  );
}

function decodeUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
