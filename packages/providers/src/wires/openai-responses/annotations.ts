import type { Citation } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { countOf, textOf } from "../../json/read.ts";

/** Null for one that names no address, such as a file of the provider's. */
export function readAnnotation(annotation: JsonObject): Citation | null {
  if (annotation.type !== "url_citation") return null;
  const url = textOf(annotation, "url");
  if (url === undefined) return null;
  const title = textOf(annotation, "title");
  const startIndex = countOf(annotation, "start_index");
  const endIndex = countOf(annotation, "end_index");
  return {
    url,
    ...(title === undefined ? {} : { title }),
    ...(startIndex === undefined ? {} : { startIndex }),
    ...(endIndex === undefined ? {} : { endIndex }),
  };
}

/** @param textLength - of the text that it belongs to, for one that does not say which part of it */
export function writeAnnotation(citation: Citation, textLength: number): JsonObject {
  return {
    type: "url_citation",
    url: citation.url,
    title: citation.title ?? "",
    start_index: citation.startIndex ?? 0,
    end_index: citation.endIndex ?? textLength,
  };
}
