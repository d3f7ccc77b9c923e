import type { AudioPart, FilePart, ImagePart, MediaSource } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { writeDataUrl } from "../../media/data-url.ts";
import { inlineText } from "../../translation/inline-text.ts";
import type { Losses } from "../../translation/losses.ts";
import type { FileForm } from "./dialect.ts";

export interface MediaScope {
  readonly files: FileForm;
  readonly losses: Losses;
}

/** @throws GatewayError `invalid_field` for an image that lies with another provider */
export function encodeImage({ source, detail }: ImagePart, { losses }: MediaScope): JsonObject {
  if (source.kind === "file-id")
    throw refuse(
      losses,
      "image",
      "The model's provider has no such file; send the image as base64 or by URL.",
    );
  return {
    type: "image_url",
    image_url: { url: urlOf(source), ...(detail === undefined ? {} : { detail }) },
  };
}

/** @throws GatewayError `invalid_field` for a file that the provider cannot read */
export function encodeFile(part: FilePart, { files, losses }: MediaScope): JsonObject {
  const text = inlineText(part);
  if (text !== null) return { type: "text", text };
  const { source, fileName } = part;
  if (files === "text-only")
    throw refuse(losses, "file", "The model reads files of plain text only; send the document's text.");
  if (files === "mistral" && source.kind !== "file-id")
    return {
      type: "document_url",
      document_url: urlOf(source),
      ...(fileName === undefined ? {} : { document_name: fileName }),
    };
  if (source.kind === "file-id")
    return files === "mistral"
      ? { type: "file", file_id: source.id }
      : { type: "file", file: { file_id: source.id } };
  if (source.kind === "url" && files === "openai")
    throw refuse(losses, "file", "The model's provider fetches no files; send the document as base64.");
  return { type: "file", file: { filename: fileName ?? "document.pdf", file_data: urlOf(source) } };
}

/** OpenAI API reference, `input_audio.format`, and the others that servers take. */
const AUDIO_FORMATS: ReadonlyMap<string, string> = new Map([
  ["audio/mpeg", "mp3"],
  ["audio/mp3", "mp3"],
  ["audio/wav", "wav"],
  ["audio/x-wav", "wav"],
  ["audio/wave", "wav"],
]);

/** @throws GatewayError `invalid_field` for sound that is not in the request itself */
export function encodeAudio({ source }: AudioPart, { losses }: MediaScope): JsonObject {
  if (source.kind !== "base64")
    throw refuse(losses, "audio", "The model's provider fetches no sound; send it as base64.");
  const format = AUDIO_FORMATS.get(source.mediaType) ?? source.mediaType.replace(/^audio\/(x-)?/, "");
  return { type: "input_audio", input_audio: { data: source.data, format } };
}

function urlOf(source: Exclude<MediaSource, { kind: "file-id" }>): string {
  return source.kind === "url" ? source.url : writeDataUrl(source);
}

function refuse(losses: Losses, what: string, message: string): GatewayError {
  return new GatewayError("invalid_field", { param: losses.pathOf("part", what), message });
}
