import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatStreamDecoder, StreamFrame } from "@headrace/core/wire/chat-codec";
import { countOf, defined, listOf, objectOf, parseJsonObject, textOf } from "../../json/read.ts";
import { CallIds, jsonAnswerIn, readBlock, readCreatedAt } from "./answer-decoder.ts";
import { finishFromGemini, hasFinished } from "./finish-reasons.ts";
import { readCitations } from "./grounding.ts";
import { readLogprobs } from "./logprobs.ts";
import { kindOfType, readMedia, typeOfSource } from "./media.ts";
import { readStreamError } from "./provider-errors.ts";
import { readThoughtSignature } from "./signatures.ts";
import { usageFromGemini } from "./usage.ts";

/** Far more than any answer has; a provider that sends more is out of order. */
const MAX_CANDIDATES = 128;
const MAX_TOOL_CALLS = 1024;
/** Ranges of citations count the bytes of the text before them, of which no more than this is kept. */
const MAX_CITED_CHARS = 256 * 1024;
const MAX_CITATIONS = 1024;

/** What is known of a candidate so far. */
interface Candidate {
  readonly choice: number;
  calls: number;
  finished: boolean;
  /** Its text so far; null once it is too long to be cited. */
  text: string | null;
  /** Grounding may be told again, grown, with every chunk. */
  readonly cited: Set<string>;
}

type Proof = ReturnType<typeof readThoughtSignature>;

/**
 * Reads a streamGenerateContent stream (Gemini API reference): answers in pieces, each with some parts of its candidates,
 * the usage so far and, in a candidate's last piece, the reason why it ended. There is no last event, so that a stream is
 * whole when every candidate that began has ended. A function call comes whole, as one part.
 */
export class GeminiStreamDecoder implements ChatStreamDecoder {
  readonly #emit: (event: ChatStreamEvent) => void;
  readonly #candidates = new Map<number, Candidate>();
  #ids: CallIds | null = null;
  #failed = false;

  constructor(emit: (event: ChatStreamEvent) => void) {
    this.#emit = emit;
  }

  push(frame: StreamFrame): void {
    if (this.#failed) return;
    const chunk = parseJsonObject(frame.data);
    if (chunk === null) this.#fail("sent an event that is no JSON object");
    else if (chunk.error !== undefined && chunk.error !== null) this.#close(readStreamError(chunk));
    else this.#chunk(chunk);
  }

  end(): boolean {
    if (this.#failed || this.#candidates.size === 0) return false;
    for (const { finished } of this.#candidates.values()) if (!finished) return false;
    return true;
  }

  #chunk(chunk: JsonObject): void {
    const candidates = listOf(chunk, "candidates");
    const usage = usageFromGemini(chunk.usageMetadata);
    const block = readBlock(chunk);
    if (
      candidates === undefined &&
      usage === null &&
      block === null &&
      textOf(chunk, "responseId") === undefined
    ) {
      this.#fail("sent an event that is none of a generated content");
      return;
    }
    if (this.#ids === null) this.#start(chunk);
    for (const raw of candidates ?? []) {
      if (this.#failed) return;
      if (isJsonObject(raw)) this.#candidate(raw);
      else this.#fail("sent a candidate that is no object");
    }
    if (this.#failed) return;
    if (block !== null && this.#candidates.size === 0) this.#block(block.words);
    if (usage !== null) this.#emit({ type: "usage", usage });
  }

  #start(chunk: JsonObject): void {
    const id = textOf(chunk, "responseId") ?? "";
    this.#ids = new CallIds(id);
    const model = textOf(chunk, "modelVersion") ?? "";
    this.#emit({ type: "start", id, model, createdAtSeconds: readCreatedAt(chunk) });
  }

  /** The prompt was blocked: the answer is that there is none. */
  #block(words: string | undefined): void {
    const candidate = this.#open(0);
    if (candidate === null) return;
    if (words !== undefined) this.#emit({ type: "refusal-delta", choice: 0, text: words });
    this.#finish(candidate, "SAFETY");
  }

  #candidate(raw: JsonObject): void {
    const candidate = this.#open(countOf(raw, "index") ?? 0);
    if (candidate === null) return;
    const content = objectOf(raw, "content");
    const logprobs = readLogprobs(raw);
    if (logprobs !== undefined && logprobs.length > 0 && !candidate.finished)
      this.#emit({ type: "text-delta", choice: candidate.choice, text: "", logprobs });
    for (const part of (content === undefined ? undefined : listOf(content, "parts")) ?? []) {
      if (!isJsonObject(part)) {
        this.#fail("sent a part that is no object");
        return;
      }
      this.#part(candidate, part);
      if (this.#failed) return;
    }
    this.#cite(candidate, raw);
    if (hasFinished(raw.finishReason) && !candidate.finished) this.#finish(candidate, raw.finishReason);
  }

  #open(choice: number): Candidate | null {
    const known = this.#candidates.get(choice);
    if (known !== undefined) return known;
    if (this.#candidates.size >= MAX_CANDIDATES || choice >= MAX_CANDIDATES) {
      this.#fail("sent more candidates than the gateway takes");
      return null;
    }
    const candidate = { choice, calls: 0, finished: false, text: "", cited: new Set<string>() };
    this.#candidates.set(choice, candidate);
    return candidate;
  }

  #part(candidate: Candidate, part: JsonObject): void {
    const written = part.thoughtSignature;
    const proof = typeof written === "string" && written !== "" ? readThoughtSignature(written) : undefined;
    const { text } = part;
    if (text === "" && proof === undefined) return;
    if (candidate.finished) {
      this.#fail("went on with a candidate that had ended");
      return;
    }
    if (typeof text !== "string") this.#otherPart(candidate, part, proof);
    else if (part.thought === true) this.#thought(candidate, text, proof);
    else this.#text(candidate, text, proof);
  }

  #text(candidate: Candidate, text: string, proof: Proof | undefined): void {
    if (candidate.text !== null && candidate.text.length < MAX_CITED_CHARS) candidate.text += text;
    else candidate.text = null;
    const { choice } = candidate;
    const signature = proof?.signature;
    if (signature === undefined) this.#emit({ type: "text-delta", choice, text });
    else this.#emit({ type: "text-delta", choice, text, signature });
  }

  #thought({ choice }: Candidate, text: string, proof: Proof | undefined): void {
    this.#emit({ type: "thinking-delta", choice, text, ...proof });
  }

  #otherPart(candidate: Candidate, part: JsonObject, proof: Proof | undefined): void {
    if (isJsonObject(part.functionCall)) {
      this.#call(candidate, part.functionCall, proof);
      return;
    }
    const source = readMedia(part);
    if (source !== null && kindOfType(typeOfSource(source)) === "image")
      this.#emit({ type: "image", choice: candidate.choice, source });
    // A proof with nothing that it is of belongs to the text before it. Code that ran at Google and the like was asked
    // for in words that only this wire has, so that no client of another can miss it.
    else if (proof !== undefined && Object.keys(part).length === 1) this.#text(candidate, "", proof);
  }

  #call(candidate: Candidate, call: JsonObject, proof: Proof | undefined): void {
    const name = textOf(call, "name") ?? "";
    const ids = this.#ids;
    if (name === "" || ids === null) {
      this.#fail("called a function without its name");
      return;
    }
    const args = objectOf(call, "args") ?? {};
    const answer = jsonAnswerIn(name, args);
    if (answer !== null) {
      this.#text(candidate, answer, proof);
      return;
    }
    if (ids.count >= MAX_TOOL_CALLS) {
      this.#fail("called more functions than the gateway takes");
      return;
    }
    const { choice } = candidate;
    const index = candidate.calls++;
    const id = ids.next(call, name);
    const signature = defined({ signature: proof?.signature });
    this.#emit({ type: "tool-call-start", choice, index, id, name, ...signature });
    const argumentsJson = JSON.stringify(args);
    if (argumentsJson !== "{}") this.#emit({ type: "tool-call-delta", choice, index, argumentsJson });
  }

  #cite(candidate: Candidate, raw: JsonObject): void {
    if (raw.groundingMetadata === undefined && raw.citationMetadata === undefined) return;
    // In a stream the ranges are of the whole text so far, whatever pieces it came in.
    for (const { citation } of readCitations(raw, { textOfPart: () => candidate.text })) {
      const key = `${citation.url} ${citation.startIndex ?? ""} ${citation.endIndex ?? ""}`;
      if (candidate.cited.has(key) || candidate.finished || candidate.cited.size >= MAX_CITATIONS) continue;
      candidate.cited.add(key);
      this.#emit({ type: "citation", choice: candidate.choice, citation });
    }
  }

  #finish(candidate: Candidate, reason: string): void {
    candidate.finished = true;
    const { choice, calls } = candidate;
    this.#emit({ type: "finish", choice, reason: finishFromGemini(reason, calls > 0) });
  }

  #fail(what: string): void {
    this.#close({ message: `The provider ${what}.`, status: null });
  }

  #close(error: { readonly message: string; readonly status: number | null }): void {
    this.#failed = true;
    this.#emit({ type: "error", ...error });
  }
}
