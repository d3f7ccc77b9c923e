/** Citations: what in the answer's text is backed by which of the client's documents or tool results. */
import type { Citation } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { countOf, objectOf, objectsOf, textOf } from "../../json/read.ts";

/**
 * One for each source (Cohere API reference, "Chat", `citations`). Sources are the client's own, so the name that it gave
 * them stands in for the address where they have none. Of thinking and plans, which are no text of the answer, nothing is
 * told.
 *
 * @param text - the block of text that the citation is in
 * @param offset - where that block begins in the text that the range shall be of
 */
export function readCitations(raw: unknown, text: string, offset: number): readonly Citation[] {
  if (!isJsonObject(raw)) return [];
  if (raw.type !== undefined && raw.type !== "TEXT_CONTENT") return [];
  const range = readRange(raw, text, offset);
  return objectsOf(raw, "sources").flatMap((source) => {
    const document = objectOf(source, "document") ?? objectOf(source, "tool_output") ?? {};
    const url = textOf(document, "url") ?? textOf(source, "id");
    const title = textOf(document, "title");
    return url === undefined ? [] : [{ url, ...(title === undefined ? {} : { title }), ...range }];
  });
}

/** The index of the content block that a citation is in; undefined when it does not say. */
export function citedBlock(raw: unknown): number | undefined {
  return isJsonObject(raw) ? countOf(raw, "content_index") : undefined;
}

type Range = Pick<Citation, "startIndex" | "endIndex">;

/**
 * Cohere's indices count characters, by its models' own language; the words that they stand for tell whether these are
 * UTF-16 units or code points. Indices that fit neither say nothing.
 */
function readRange(raw: JsonObject, text: string, offset: number): Range {
  const start = countOf(raw, "start");
  const end = countOf(raw, "end");
  const cited = textOf(raw, "text");
  if (start === undefined || end === undefined || start > end || end > text.length) return {};
  if (cited === undefined || text.slice(start, end) === cited) return rangeOf(start, end, offset);
  const unitStart = unitsOf(text, start);
  const unitEnd = unitStart + cited.length;
  return text.slice(unitStart, unitEnd) === cited ? rangeOf(unitStart, unitEnd, offset) : {};
}

function rangeOf(start: number, end: number, offset: number): Range {
  return { startIndex: offset + start, endIndex: offset + end };
}

/** How many UTF-16 units the first code points of a text take. */
function unitsOf(text: string, codePoints: number): number {
  let units = 0;
  for (let count = 0; count < codePoints && units < text.length; count++)
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  return units;
}

/**
 * The inverse, for one source. An address has no place but that of a document's field.
 *
 * @param text - the block of text that the citation is in
 * @param offset - where that block begins in the text that the citation's range is of
 */
export function writeCitation(
  { url, title, quote, startIndex, endIndex }: Citation,
  text: string,
  { offset, contentIndex }: { readonly offset: number; readonly contentIndex: number },
): JsonObject {
  const start = (startIndex ?? -1) - offset;
  const end = (endIndex ?? -1) - offset;
  const document = {
    id: url,
    url,
    ...(title === undefined ? {} : { title }),
    ...(quote === undefined ? {} : { snippet: quote }),
  };
  return {
    ...(start < 0 || end < start || end > text.length
      ? {}
      : { start: codePoints(text, start), end: codePoints(text, end), text: text.slice(start, end) }),
    sources: [{ type: "document", id: url, document }],
    type: "TEXT_CONTENT",
    content_index: contentIndex,
  };
}

/** How many characters of Cohere's, which are code points, stand before this UTF-16 unit. */
function codePoints(text: string, units: number): number {
  let count = 0;
  for (let at = 0; at < units; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return count;
}
