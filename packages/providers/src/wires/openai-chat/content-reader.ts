/** Pieces of an answer that its message and its stream have in the same form. */

import { readSignature } from "@headrace/core/canonical/carried-state";
import type { TokenLogprob } from "@headrace/core/canonical/chat";
import type { Citation, MediaSource, Signature } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, defined, numberOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { parseDataUrl } from "../../media/data-url.ts";

export type ContentPiece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly text: string; readonly signature?: Signature }
  | { readonly type: "image"; readonly source: MediaSource };

/**
 * Content that is a list: of Mistral's models that think (`{"type":"thinking","thinking":[{"type":"text"}]}`) and of Claude
 * at Databricks (`{"type":"reasoning","summary":[{"text","signature"}]}`). Kinds that do not exist yet are left out.
 */
export function readContentList(content: readonly unknown[]): readonly ContentPiece[] {
  return content.flatMap((item): readonly ContentPiece[] => {
    if (!isJsonObject(item)) return [];
    switch (item.type) {
      case "text":
        return textPiece(textOf(item, "text"));
      case "thinking":
        return thinkingPieces(item.thinking);
      case "reasoning":
        return objectsOf(item, "summary").flatMap(summaryPiece);
      case "image_url":
        return imagePiece(item);
      default:
        return [];
    }
  });
}

function textPiece(text: string | undefined): readonly ContentPiece[] {
  return text === undefined || text === "" ? [] : [{ type: "text", text }];
}

function thinkingPieces(thinking: unknown): readonly ContentPiece[] {
  const items = Array.isArray(thinking) ? thinking : [{ text: thinking }];
  const texts = items.map((item) => (isJsonObject(item) ? (textOf(item, "text") ?? "") : ""));
  const text = texts.join("");
  return text === "" ? [] : [{ type: "thinking", text }];
}

function summaryPiece(summary: JsonObject): readonly ContentPiece[] {
  const text = textOf(summary, "text") ?? "";
  const proof = textOf(summary, "signature") ?? "";
  if (proof !== "") return [{ type: "thinking", text, signature: readSignature(proof, "anthropic") }];
  return text === "" ? [] : [{ type: "thinking", text }];
}

function imagePiece(item: JsonObject): readonly ContentPiece[] {
  const source = readImageSource(item);
  return source === null ? [] : [{ type: "image", source }];
}

/** OpenRouter, "Image Generation", `images`. */
export function readImageSource(image: JsonObject): MediaSource | null {
  const url = textOf(image, "image_url") ?? textOf(objectOf(image, "image_url") ?? {}, "url") ?? "";
  return url === "" ? null : (parseDataUrl(url) ?? { kind: "url", url });
}

/** OpenAI API reference, `message.annotations`: places in the text that a source is named for. */
export function readAnnotations(message: JsonObject): readonly Citation[] {
  return objectsOf(message, "annotations").flatMap((annotation) => {
    const raw = objectOf(annotation, "url_citation");
    const url = raw === undefined ? undefined : textOf(raw, "url");
    if (raw === undefined || url === undefined) return [];
    return [
      {
        url,
        ...defined({
          title: textOf(raw, "title"),
          quote: textOf(raw, "content"),
          startIndex: countOf(raw, "start_index"),
          endIndex: countOf(raw, "end_index"),
        }),
      },
    ];
  });
}

/** Perplexity, "Chat Completions": sources of the whole answer, `search_results` with titles or `citations` without. */
export function readSources(body: JsonObject): readonly Citation[] {
  const results = objectsOf(body, "search_results").flatMap((result) => {
    const url = textOf(result, "url");
    return url === undefined ? [] : [{ url, ...defined({ title: textOf(result, "title") }) }];
  });
  if (results.length > 0 || !Array.isArray(body.citations)) return results;
  return body.citations.flatMap((url: unknown) => (typeof url === "string" ? [{ url }] : []));
}

/** OpenAI API reference, `logprobs.content`; undefined when there are none. */
export function readLogprobs(raw: unknown): readonly TokenLogprob[] | undefined {
  if (!isJsonObject(raw)) return undefined;
  const read = objectsOf(raw, "content").flatMap((item): readonly TokenLogprob[] => {
    const token = readToken(item);
    return token === null ? [] : [{ ...token, top: objectsOf(item, "top_logprobs").flatMap(readTop) }];
  });
  return read.length === 0 ? undefined : read;
}

function readTop(item: JsonObject): readonly { readonly token: string; readonly logprob: number }[] {
  const token = readToken(item);
  return token === null ? [] : [token];
}

function readToken(item: JsonObject): { readonly token: string; readonly logprob: number } | null {
  const token = textOf(item, "token");
  const logprob = numberOf(item, "logprob");
  return token === undefined || logprob === undefined ? null : { token, logprob };
}

/** A call's arguments as text; some servers have parsed them. */
export function argumentsText(value: unknown): string {
  if (typeof value === "string") return value;
  return isJsonObject(value) ? JSON.stringify(value) : "";
}
