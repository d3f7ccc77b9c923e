/** Texts, images and files of messages and of tools' results, both ways. */
import type {
  CacheMark,
  FilePart,
  ImagePart,
  MediaSource,
  TextPart,
} from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { demandText } from "../../json/demand.ts";
import { extraOf, objectOf, textOf } from "../../json/read.ts";
import { parseDataUrl, writeDataUrl } from "../../media/data-url.ts";
import { inlineText } from "../../translation/inline-text.ts";

const TEXT_FIELDS = new Set(["type", "text", "annotations", "logprobs", "prompt_cache_breakpoint"]);
const IMAGE_FIELDS = new Set(["type", "image_url", "file_id", "detail", "prompt_cache_breakpoint"]);
const FILE_FIELDS = new Set([
  "type",
  "file_data",
  "file_url",
  "file_id",
  "filename",
  "prompt_cache_breakpoint",
]);
const DETAILS: ReadonlySet<unknown> = new Set(["low", "high", "auto"]);

/** Some clients write a file's bytes without saying what they are. */
const UNSAID_FILE_TYPE = "application/pdf";

export function readText(part: JsonObject, path: string): TextPart {
  return {
    type: "text",
    text: demandText(part.text, `${path}.text`),
    ...readBreakpoint(part),
    extra: extraOf(part, TEXT_FIELDS),
  };
}

/** @throws GatewayError `missing_field` when it has neither address nor id */
export function readImage(part: JsonObject, path: string): ImagePart {
  const { detail } = part;
  const fileId = textOf(part, "file_id");
  const extra = extraOf(part, IMAGE_FIELDS);
  return {
    type: "image",
    source:
      fileId === undefined
        ? urlSource(demandText(part.image_url ?? undefined, `${path}.image_url`))
        : { kind: "file-id", id: fileId },
    ...(isDetail(detail) ? { detail } : {}),
    ...readBreakpoint(part),
    // `original` is this wire's own.
    extra: detail === undefined || detail === null || isDetail(detail) ? extra : { ...extra, detail },
  };
}

/** @throws GatewayError `missing_field` when it has neither bytes nor address nor id */
export function readFile(part: JsonObject, path: string): FilePart {
  const fileName = textOf(part, "filename");
  return {
    type: "file",
    source: fileSource(part, path),
    ...(fileName === undefined ? {} : { fileName }),
    ...readBreakpoint(part),
    extra: extraOf(part, FILE_FIELDS),
  };
}

function fileSource(part: JsonObject, path: string): MediaSource {
  const id = textOf(part, "file_id");
  if (id !== undefined) return { kind: "file-id", id };
  const url = textOf(part, "file_url");
  if (url !== undefined) return urlSource(url);
  const data = demandText(part.file_data ?? undefined, `${path}.file_data`);
  return parseDataUrl(data) ?? { kind: "base64", mediaType: UNSAID_FILE_TYPE, data };
}

function urlSource(url: string): MediaSource {
  return parseDataUrl(url) ?? { kind: "url", url };
}

function isDetail(value: unknown): value is "low" | "high" | "auto" {
  return DETAILS.has(value);
}

/** OpenAI API reference, `prompt_cache_breakpoint`: half an hour unless it says twelve. */
function readBreakpoint(part: JsonObject): { readonly cache?: CacheMark } {
  const breakpoint = objectOf(part, "prompt_cache_breakpoint");
  return breakpoint === undefined ? {} : { cache: { ttl: breakpoint.ttl === "12h" ? "1h" : "5m" } };
}

function writeBreakpoint(cache: CacheMark | undefined): JsonObject {
  if (cache === undefined) return {};
  return {
    prompt_cache_breakpoint: { mode: "explicit", ...(cache.ttl === "1h" ? { ttl: "12h" } : {}) },
  };
}

/** How parts are written for a model. */
export interface PartStyle {
  /** The model knows explicit marks in its prompt cache. */
  readonly breakpoints: boolean;
}

export function writeInputPart(part: TextPart | ImagePart | FilePart, style: PartStyle): JsonObject {
  return { ...writeContent(part), ...(style.breakpoints ? writeBreakpoint(part.cache) : {}) };
}

function writeContent(part: TextPart | ImagePart | FilePart): JsonObject {
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image":
      return writeImage(part);
    case "file":
      return writeFile(part);
  }
}

function writeImage({ source, detail }: ImagePart): JsonObject {
  const from =
    source.kind === "file-id"
      ? { file_id: source.id }
      : { image_url: source.kind === "url" ? source.url : writeDataUrl(source) };
  return { type: "input_image", ...from, detail: detail ?? "auto" };
}

/** Plain text in a file is plain text: not every model reads files that are not PDFs. */
function writeFile(part: FilePart): JsonObject {
  const { source, fileName } = part;
  if (source.kind === "url") return { type: "input_file", file_url: source.url };
  if (source.kind === "file-id") return { type: "input_file", file_id: source.id };
  const text = inlineText(part);
  if (text !== null) return { type: "input_text", text };
  // The bytes are refused without a name.
  return { type: "input_file", filename: fileName ?? "document.pdf", file_data: writeDataUrl(source) };
}

/** @throws GatewayError: a part of a kind that leaves a hole in the question cannot be left out */
export function refusePart(path: string, kind: string): never {
  throw new GatewayError("invalid_field", {
    param: path,
    message: `The model takes no ${kind}, and leaving it out would change the answer.`,
  });
}
