/** Media, documents and cache marks, which requests and answers write alike. */
import type { CacheMark, FilePart, ImagePart, MediaSource } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { textOf } from "../../json/read.ts";

/** Anthropic API reference, "Prompt caching": five minutes unless it says otherwise. */
export function readCacheMark(block: JsonObject): { readonly cache?: CacheMark } {
  const mark = block.cache_control;
  if (!isJsonObject(mark)) return {};
  return { cache: { ttl: mark.ttl === "1h" ? "1h" : "5m" } };
}

export function writeCacheMark(cache: CacheMark | undefined): JsonObject {
  if (cache === undefined) return {};
  return { cache_control: cache.ttl === "1h" ? { type: "ephemeral", ttl: "1h" } : { type: "ephemeral" } };
}

/** Null for a source that only this wire knows, such as a document of content blocks. */
export function readSource(source: JsonObject): MediaSource | null {
  switch (source.type) {
    case "base64": {
      const data = textOf(source, "data");
      const mediaType = textOf(source, "media_type");
      return data === undefined || mediaType === undefined ? null : { kind: "base64", mediaType, data };
    }
    case "text": {
      const data = textOf(source, "data");
      if (data === undefined) return null;
      return { kind: "base64", mediaType: "text/plain", data: Buffer.from(data).toString("base64") };
    }
    case "url": {
      const url = textOf(source, "url");
      return url === undefined ? null : { kind: "url", url };
    }
    case "file": {
      const id = textOf(source, "file_id");
      return id === undefined ? null : { kind: "file-id", id };
    }
    default:
      return null;
  }
}

export function writeImage(part: ImagePart): JsonObject {
  return { type: "image", source: writeSource(part.source) };
}

/** Anthropic API reference, "PDF support" and "Citations": PDFs, and plain text that is not in base64. */
export function writeDocument({ source, fileName }: FilePart): JsonObject {
  const isPlainText = source.kind === "base64" && source.mediaType.startsWith("text/");
  return {
    type: "document",
    source: isPlainText
      ? { type: "text", media_type: "text/plain", data: Buffer.from(source.data, "base64").toString() }
      : writeSource(source),
    ...(fileName === undefined ? {} : { title: fileName }),
  };
}

function writeSource(source: MediaSource): JsonObject {
  switch (source.kind) {
    case "base64":
      return { type: "base64", media_type: source.mediaType, data: source.data };
    case "url":
      return { type: "url", url: source.url };
    case "file-id":
      return { type: "file", file_id: source.id };
  }
}
