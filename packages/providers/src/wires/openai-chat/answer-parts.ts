/** Pieces of an answer that its message and its stream write alike. */
import type { FinishReason, TokenLogprob } from "@headrace/core/canonical/chat";
import type { Citation, MediaSource } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { parseJsonObject, textOf } from "../../json/read.ts";
import { writeDataUrl } from "../../media/data-url.ts";
import type { OpenAiChatEcho } from "./request-decoder.ts";

/** What is no end of OpenAI's is told as the one that says that the answer is not whole. */
export const FINISH_TO_OPENAI: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  "tool-calls": "tool_calls",
  "content-filter": "content_filter",
  error: "length",
  other: "stop",
};

/** @param textBefore - UTF-16 units of the message's text before the part that the citation belongs to */
export function writeAnnotation(citation: Citation, textBefore: number): JsonObject {
  const { url, title, startIndex, endIndex } = citation;
  return {
    type: "url_citation",
    url_citation: {
      url,
      title: title ?? url,
      start_index: textBefore + (startIndex ?? 0),
      end_index: textBefore + (endIndex ?? 0),
    },
  };
}

/** An image of an answer, as OpenRouter writes them (OpenRouter docs, "Image Generation"). */
export function writeImage(source: MediaSource): JsonObject {
  const url =
    source.kind === "base64" ? writeDataUrl(source) : source.kind === "url" ? source.url : source.id;
  return { type: "image_url", image_url: { url } };
}

export function writeLogprobs(logprobs: readonly TokenLogprob[]): JsonObject {
  return {
    content: logprobs.map(({ token, logprob, top }) => ({
      ...writeToken(token, logprob),
      top_logprobs: top.map((other) => writeToken(other.token, other.logprob)),
    })),
    refusal: null,
  };
}

function writeToken(token: string, logprob: number): JsonObject {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}

/** The tools of a call's request that take plain text. */
export function freeformToolsOf(echo: unknown): ReadonlySet<string> {
  if (!isJsonObject(echo)) return NONE;
  const names: OpenAiChatEcho["freeformTools"] = Array.isArray(echo.freeformTools) ? echo.freeformTools : [];
  return names.length === 0 ? NONE : new Set(names);
}

const NONE: ReadonlySet<string> = new Set();

/** The plain text in the arguments of a call that had to be dressed up as a function's. */
export function freeformInput(argumentsJson: string): string {
  const read = parseJsonObject(argumentsJson);
  return (read === null ? undefined : textOf(read, "input")) ?? argumentsJson;
}
