import type { Citation } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { textOf } from "../../json/read.ts";

/**
 * Anthropic API reference, "Citations": web search results name their page in `url`, search results that the client
 * gave in `source`. Places in the client's own documents have neither and are not told to other wires.
 */
export function readCitation(raw: unknown): Citation | null {
  if (!isJsonObject(raw)) return null;
  const url = textOf(raw, "url") ?? textOf(raw, "source");
  if (url === undefined) return null;
  const title = textOf(raw, "title");
  const quote = textOf(raw, "cited_text");
  return { url, ...(title === undefined ? {} : { title }), ...(quote === undefined ? {} : { quote }) };
}

/** A web page is what comes nearest to any source. */
export function writeCitation({ url, title, quote }: Citation): JsonObject {
  return {
    type: "web_search_result_location",
    url,
    title: title ?? null,
    cited_text: quote ?? "",
    encrypted_index: "",
  };
}
