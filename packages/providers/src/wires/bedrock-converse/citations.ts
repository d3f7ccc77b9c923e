import type { Citation } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { objectOf, objectsOf, textOf } from "../../json/read.ts";

/**
 * Bedrock API reference, "Citation": a web page has its address in `location.web`, a search result that the client gave
 * in `source`. Places in the client's own documents have neither and are not told to other wires.
 */
export function readCitation(raw: unknown): Citation | null {
  if (!isJsonObject(raw)) return null;
  const web = objectOf(objectOf(raw, "location") ?? {}, "web") ?? {};
  const url = textOf(web, "url") ?? textOf(raw, "source");
  if (url === undefined || url === "") return null;
  const title = textOf(raw, "title");
  const quote = objectsOf(raw, "sourceContent")
    .map((piece) => textOf(piece, "text") ?? "")
    .join("");
  return { url, ...(title === undefined ? {} : { title }), ...(quote === "" ? {} : { quote }) };
}

/** The inverse, as whole answers and streams write it; a web page is what comes nearest to any source. */
export function writeCitation({ url, title, quote }: Citation): JsonObject {
  return {
    ...(title === undefined ? {} : { title }),
    source: url,
    ...(quote === undefined ? {} : { sourceContent: [{ text: quote }] }),
    location: { web: { url } },
  };
}
