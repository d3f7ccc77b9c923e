/** Images, documents and sound: bytes in base64 under a format's name, or an object in S3. */
import type { AudioPart, FilePart, ImagePart, MediaSource } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { isJsonObject } from "@headrace/core/json-object";
import type { DocumentNames } from "./document-names.ts";

type Formats = ReadonlyMap<string, string>;

/** Bedrock API reference, "ImageBlock", `format`. */
const IMAGE_FORMATS: Formats = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpeg"],
  ["image/jpg", "jpeg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
]);

/** "DocumentBlock", `format`. */
const DOCUMENT_FORMATS: Formats = new Map([
  ["application/pdf", "pdf"],
  ["text/csv", "csv"],
  ["application/csv", "csv"],
  ["application/msword", "doc"],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"],
  ["application/vnd.ms-excel", "xls"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"],
  ["text/html", "html"],
  ["text/plain", "txt"],
  ["text/markdown", "md"],
  ["text/x-markdown", "md"],
]);

/** "AudioBlock", `format`. */
const AUDIO_FORMATS: Formats = new Map([
  ["audio/mpeg", "mp3"],
  ["audio/mp3", "mp3"],
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/wave", "wav"],
  ["audio/flac", "flac"],
  ["audio/ogg", "ogg"],
  ["audio/opus", "opus"],
  ["audio/aac", "aac"],
  ["audio/mp4", "m4a"],
  ["audio/m4a", "m4a"],
  ["audio/x-m4a", "m4a"],
  ["audio/webm", "webm"],
  ["audio/pcm", "pcm"],
  ["audio/pcm16", "pcm"],
]);

/** Ends of names that are no format's name themselves. */
const FORMAT_BY_EXTENSION: Formats = new Map([
  ["jpg", "jpeg"],
  ["htm", "html"],
  ["markdown", "md"],
  ["text", "txt"],
]);

type MediaKind = "image" | "document" | "audio";

const FORMATS: Readonly<Record<MediaKind, Formats>> = {
  image: IMAGE_FORMATS,
  document: DOCUMENT_FORMATS,
  audio: AUDIO_FORMATS,
};
const TYPE_OF_UNKNOWN = "application/octet-stream";

/** The media type that a format stands for; of sound and pictures, one that is not known is named like its type. */
export function mediaTypeOf(kind: MediaKind, format: string): string {
  for (const [type, known] of FORMATS[kind]) if (known === format) return type;
  return kind === "document" || format === "" ? TYPE_OF_UNKNOWN : `${kind}/${format}`;
}

const S3_SCHEME = "s3://";

/**
 * @param path - where the client wrote it
 * @throws GatewayError `invalid_field` for what Bedrock cannot read: left out it would change the answer
 */
export function imageBlock({ source }: ImagePart, path: string): JsonObject {
  return { image: mediaBlock(source, "", { what: "image", formats: IMAGE_FORMATS, path }) };
}

/** As {@link imageBlock}. */
export function audioBlock({ source }: AudioPart, path: string): JsonObject {
  return { audio: mediaBlock(source, "", { what: "audio", formats: AUDIO_FORMATS, path }) };
}

/** Fields of a document on other wires that {@link documentBlock} understands. */
export const DOCUMENT_EXTRA: ReadonlySet<string> = new Set(["citations"]);

/** As {@link imageBlock}. */
export function documentBlock(part: FilePart, names: DocumentNames, path: string): JsonObject {
  const { source, fileName } = part;
  const media = mediaBlock(source, fileName ?? "", { what: "document", formats: DOCUMENT_FORMATS, path });
  // Anthropic's switch for citations has the same name and form here.
  const { citations } = part.extra;
  return {
    document: { ...media, name: names.next(fileName), ...(isJsonObject(citations) ? { citations } : {}) },
  };
}

interface Kind {
  readonly what: string;
  readonly formats: Formats;
  readonly path: string;
}

function mediaBlock(source: MediaSource, name: string, kind: Kind): JsonObject {
  switch (source.kind) {
    case "base64":
      return { format: formatOf(source.mediaType, name, kind), source: { bytes: source.data } };
    case "url":
      if (!source.url.startsWith(S3_SCHEME))
        throw refusal(kind, `Amazon Bedrock fetches no URL: send the ${kind.what} as base64.`);
      return {
        format: formatOf(source.mediaType ?? "", source.url, kind),
        source: { s3Location: { uri: source.url } },
      };
    case "file-id":
      throw refusal(kind, `Amazon Bedrock knows no uploaded files: send the ${kind.what} as base64.`);
  }
}

/** By the media type, or by the end of the name where that does not tell. */
function formatOf(mediaType: string, name: string, kind: Kind): string {
  const type = mediaType.replace(/;.*$/s, "").trim().toLowerCase();
  const byName = formatByName(name);
  const known = [...new Set(kind.formats.values())];
  const format = kind.formats.get(type) ?? known.find((one) => one === byName);
  if (format !== undefined) return format;
  const words = `Amazon Bedrock reads no ${kind.what} of the type ${JSON.stringify(type)}`;
  throw refusal(kind, `${words}; it takes ${known.join(", ")}.`);
}

function formatByName(name: string): string {
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return FORMAT_BY_EXTENSION.get(extension) ?? extension;
}

function refusal({ path }: Kind, message: string): GatewayError {
  return new GatewayError("invalid_field", { message, param: path });
}
