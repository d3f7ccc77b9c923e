/**
 * Sources that an answer names: `groundingMetadata` of a search, with ranges in bytes of a part's text, and
 * `citationMetadata` of texts that were quoted (Gemini API reference, "generateContent").
 */
import type { Citation } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { camelFields } from "../../google/field-names.ts";
import { countOf, listOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { ByteOffsets } from "./byte-offsets.ts";

/** What ranges are of: the texts of an answer's parts, by their place; null where one is not known. */
export interface RangedText {
  textOfPart(place: number): string | null;
}

/** Where a chunk of grounding says what it is. */
const SOURCE_FIELDS = ["web", "maps", "retrievedContext"] as const;
/** More are no sources but an attack on memory. */
const MAX_CITATIONS = 1024;

export interface PlacedCitation {
  /** Index of the part that it is of. */
  readonly part: number;
  readonly citation: Citation;
}

/** The citations of a candidate, in the order of the text; one that no text refers to is of the first part. */
export function readCitations(candidate: JsonObject, texts: RangedText): readonly PlacedCitation[] {
  const grounding = camelFields(objectOf(candidate, "groundingMetadata") ?? {});
  const quoted = camelFields(objectOf(candidate, "citationMetadata") ?? {});
  const citations = [...readGrounding(grounding, texts), ...readQuotes(quoted)];
  return citations.slice(0, MAX_CITATIONS);
}

function readGrounding(grounding: JsonObject, texts: RangedText): readonly PlacedCitation[] {
  const sources = (listOf(grounding, "groundingChunks") ?? []).slice(0, MAX_CITATIONS).map(readSource);
  const used = new Set<number>();
  const placed: PlacedCitation[] = [];
  const offsets = new OffsetsByPart(texts);
  for (const raw of objectsOf(grounding, "groundingSupports").slice(0, MAX_CITATIONS)) {
    const support = camelFields(raw);
    const segment = camelFields(objectOf(support, "segment") ?? {});
    const part = countOf(segment, "partIndex") ?? 0;
    const range = rangeOf(segment, offsets.of(part));
    for (const index of listOf(support, "groundingChunkIndices") ?? []) {
      if (placed.length === MAX_CITATIONS) return placed;
      const source = typeof index === "number" ? sources[index] : undefined;
      if (typeof index !== "number" || !source) continue;
      used.add(index);
      placed.push({ part, citation: { ...source, ...range } });
    }
  }
  const unused = sources.filter((source, index): source is Citation => source !== null && !used.has(index));
  return [...placed, ...unused.map((citation) => ({ part: 0, citation }))];
}

function readSource(chunk: unknown): Citation | null {
  if (!isJsonObject(chunk)) return null;
  const fields = camelFields(chunk);
  for (const field of SOURCE_FIELDS) {
    const source = objectOf(fields, field) ?? {};
    const url = textOf(source, "uri");
    if (url !== undefined) return citationOf(url, textOf(source, "title"), textOf(source, "text"));
  }
  return null;
}

/** The Gemini API calls them sources, Vertex citations. */
function readQuotes(metadata: JsonObject): readonly PlacedCitation[] {
  const quotes = [...objectsOf(metadata, "citationSources"), ...objectsOf(metadata, "citations")];
  return quotes.flatMap((quote) => {
    const url = textOf(quote, "uri");
    return url === undefined
      ? []
      : [{ part: 0, citation: citationOf(url, textOf(quote, "title"), undefined) }];
  });
}

function citationOf(url: string, title: string | undefined, quote: string | undefined): Citation {
  return { url, ...(title === undefined ? {} : { title }), ...(quote === undefined ? {} : { quote }) };
}

function rangeOf(
  segment: JsonObject,
  offsets: ByteOffsets | null,
): Pick<Citation, "startIndex" | "endIndex"> {
  const startIndex = offsets?.indexAt(countOf(segment, "startIndex") ?? 0) ?? null;
  const endIndex = offsets?.indexAt(countOf(segment, "endIndex") ?? -1) ?? null;
  return startIndex === null || endIndex === null || startIndex > endIndex ? {} : { startIndex, endIndex };
}

/** `groundingMetadata` for a client; undefined for no citations. */
export function writeGrounding(
  citations: readonly PlacedCitation[],
  texts: RangedText,
): JsonObject | undefined {
  if (citations.length === 0) return undefined;
  const indexByUrl = new Map<string, number>();
  const groundingChunks: JsonObject[] = [];
  const groundingSupports: JsonObject[] = [];
  const offsets = new OffsetsByPart(texts);
  for (const { part, citation } of citations) {
    const index = indexByUrl.get(citation.url) ?? groundingChunks.length;
    if (index === groundingChunks.length) {
      indexByUrl.set(citation.url, index);
      const { url, title } = citation;
      groundingChunks.push({ web: { uri: url, ...(title === undefined ? {} : { title }) } });
    }
    const segment = segmentOf(citation, part, offsets.of(part));
    if (segment !== null) groundingSupports.push({ segment, groundingChunkIndices: [index] });
  }
  return { groundingChunks, ...(groundingSupports.length === 0 ? {} : { groundingSupports }) };
}

function segmentOf(citation: Citation, part: number, offsets: ByteOffsets | null): JsonObject | null {
  const { startIndex, endIndex } = citation;
  if (startIndex === undefined || endIndex === undefined || offsets === null) return null;
  const startBytes = offsets.bytesAt(startIndex);
  const endBytes = offsets.bytesAt(endIndex);
  if (startBytes === null || endBytes === null) return null;
  return {
    ...(part === 0 ? {} : { partIndex: part }),
    startIndex: startBytes,
    endIndex: endBytes,
    text: offsets.text.slice(startIndex, endIndex),
  };
}

/** Counting the bytes of a text for each of its citations anew would take too long. */
class OffsetsByPart {
  readonly #texts: RangedText;
  #last: ByteOffsets | null = null;

  constructor(texts: RangedText) {
    this.#texts = texts;
  }

  of(part: number): ByteOffsets | null {
    const text = this.#texts.textOfPart(part);
    if (text === null) return null;
    if (this.#last?.text !== text) this.#last = new ByteOffsets(text);
    return this.#last;
  }
}
