/** Images, documents and sound as clients write them: bytes in base64, text, or an object in S3. */
import type { AudioPart, FilePart, ImagePart, MediaSource } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { demandObject, demandText } from "../../json/demand.ts";
import { extraOf, listOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { mediaTypeOf } from "./media.ts";

const MEDIA_FIELDS: ReadonlySet<string> = new Set(["format", "source"]);
const DOCUMENT_FIELDS: ReadonlySet<string> = new Set(["format", "source", "name"]);
const PLAIN_TEXT = "text/plain";

/** @throws GatewayError `missing_field`, `invalid_field` */
export function readImage(raw: unknown, path: string): ImagePart {
  const image = demandObject(raw, path);
  return { type: "image", source: readSource(image, "image", path), extra: extraOf(image, MEDIA_FIELDS) };
}

/** @throws GatewayError `missing_field`, `invalid_field` */
export function readAudio(raw: unknown, path: string): AudioPart {
  const audio = demandObject(raw, path);
  return { type: "audio", source: readSource(audio, "audio", path), extra: extraOf(audio, MEDIA_FIELDS) };
}

/** @throws GatewayError `missing_field`, `invalid_field` */
export function readDocument(raw: unknown, path: string): FilePart {
  const document = demandObject(raw, path);
  const fileName = textOf(document, "name") ?? "";
  return {
    type: "file",
    source: plainText(document) ?? readSource(document, "document", path),
    ...(fileName === "" ? {} : { fileName }),
    extra: extraOf(document, DOCUMENT_FIELDS),
  };
}

function readSource(holder: JsonObject, kind: "image" | "document" | "audio", path: string): MediaSource {
  const source = demandObject(holder.source, `${path}.source`);
  const mediaType = mediaTypeOf(kind, textOf(holder, "format") ?? "");
  const location = objectOf(source, "s3Location");
  if (location !== undefined)
    return { kind: "url", url: demandText(location.uri, `${path}.source.s3Location.uri`), mediaType };
  return { kind: "base64", mediaType, data: demandText(source.bytes, `${path}.source.bytes`) };
}

/** Text in place of a file's bytes, whole or in pieces (Bedrock API reference, "DocumentSource"). */
function plainText(document: JsonObject): MediaSource | null {
  const source = objectOf(document, "source") ?? {};
  const pieces = listOf(source, "content") === undefined ? undefined : objectsOf(source, "content");
  const text = textOf(source, "text") ?? pieces?.map((piece) => textOf(piece, "text") ?? "").join("\n");
  if (text === undefined) return null;
  return { kind: "base64", mediaType: PLAIN_TEXT, data: Buffer.from(text).toString("base64") };
}
