/** Images, documents and sound: `inlineData` holds them as base64, `fileData` names them by a URI. */
import type { MediaSource } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { camelFields } from "../../google/field-names.ts";
import { demandObject, demandText } from "../../json/demand.ts";
import { objectOf, textOf } from "../../json/read.ts";

/** Types that Gemini reads, by the ends of names (Gemini API, "File input methods"). */
const TYPE_BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["heic", "image/heic"],
  ["heif", "image/heif"],
  ["bmp", "image/bmp"],
  ["pdf", "application/pdf"],
  ["json", "application/json"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["csv", "text/csv"],
  ["html", "text/html"],
  ["css", "text/css"],
  ["xml", "text/xml"],
  ["rtf", "text/rtf"],
  ["wav", "audio/wav"],
  ["mp3", "audio/mp3"],
  ["aiff", "audio/aiff"],
  ["aac", "audio/aac"],
  ["ogg", "audio/ogg"],
  ["flac", "audio/flac"],
  ["m4a", "audio/m4a"],
  ["mp4", "video/mp4"],
  ["mpeg", "video/mpeg"],
  ["mpg", "video/mpg"],
  ["mov", "video/mov"],
  ["avi", "video/avi"],
  ["webm", "video/webm"],
  ["wmv", "video/wmv"],
  ["flv", "video/x-flv"],
  ["3gp", "video/3gpp"],
]);

/** For a URL that does not tell; Vertex refuses one without a type. */
const USUAL_TYPE = { image: "image/jpeg", file: "application/pdf", audio: "audio/mp3" } as const;

export type MediaKind = keyof typeof USUAL_TYPE;

/**
 * The field of a part that holds the media.
 *
 * @throws GatewayError `invalid_field` for a file that lies at another provider: left out it would change the answer
 */
export function mediaField(source: MediaSource, kind: MediaKind): JsonObject {
  if (source.kind === "base64") return { inlineData: { mimeType: source.mediaType, data: source.data } };
  if (source.kind === "url") {
    const mimeType = source.mediaType ?? typeByName(source.url) ?? USUAL_TYPE[kind];
    return { fileData: { mimeType, fileUri: source.url } };
  }
  throw new GatewayError("invalid_field", {
    message:
      "The model's provider cannot read a file that was uploaded elsewhere; send it as base64 or as a URL.",
  });
}

/**
 * The source in the `inlineData` or `fileData` of a client's part.
 *
 * @throws GatewayError `missing_field` or `invalid_field`
 */
export function demandMedia(part: JsonObject, path: string): MediaSource {
  const isInline = part.inlineData !== undefined;
  const holder = isInline ? "inlineData" : "fileData";
  const fields = camelFields(demandObject(part[holder], `${path}.${holder}`));
  const dataField = isInline ? "data" : "fileUri";
  const data = demandText(fields[dataField], `${path}.${holder}.${dataField}`);
  return sourceOf(isInline, data, textOf(fields, "mimeType"));
}

/** The same of an answer; null for what has no data. */
export function readMedia(part: JsonObject): MediaSource | null {
  const inline = objectOf(part, "inlineData");
  const fields = camelFields(inline ?? objectOf(part, "fileData") ?? {});
  const data = textOf(fields, inline === undefined ? "fileUri" : "data");
  return data === undefined ? null : sourceOf(inline !== undefined, data, textOf(fields, "mimeType"));
}

/** What a type is, for the parts of a message; video counts as a file. */
export function kindOfType(mediaType: string | undefined): MediaKind {
  if (mediaType?.startsWith("image/")) return "image";
  return mediaType?.startsWith("audio/") ? "audio" : "file";
}

/** The type of a source, or the guess by its name. */
export function typeOfSource(source: MediaSource): string | undefined {
  if (source.kind === "base64") return source.mediaType;
  return source.kind === "url" ? (source.mediaType ?? typeByName(source.url)) : undefined;
}

function sourceOf(isInline: boolean, data: string, mediaType: string | undefined): MediaSource {
  if (isInline) return { kind: "base64", mediaType: mediaType ?? "application/octet-stream", data };
  return { kind: "url", url: data, ...(mediaType === undefined ? {} : { mediaType }) };
}

function typeByName(url: string): string | undefined {
  const path = url.replace(/[?#].*$/s, "");
  return TYPE_BY_EXTENSION.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase());
}
