import type { UserMessage } from "@headrace/core/canonical/chat";
import type {
  AudioPart,
  CacheMark,
  FilePart,
  ImagePart,
  MediaSource,
  TextPart,
} from "@headrace/core/canonical/chat-parts";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { demandList, demandObject, demandText } from "../../json/demand.ts";
import { extraOf, objectOf, textOf } from "../../json/read.ts";
import { parseDataUrl } from "../../media/data-url.ts";

const TEXT_FIELDS = new Set(["type", "text", "cache_control"]);
const IMAGE_FIELDS = new Set(["type", "image_url", "cache_control"]);
const FILE_FIELDS = new Set(["type", "file", "cache_control"]);
const AUDIO_FIELDS = new Set(["type", "input_audio"]);

/** The mark that LiteLLM and OpenRouter put on parts: everything up to here shall be cached. */
export function readCacheMark(part: JsonObject): { readonly cache?: CacheMark } {
  const mark = objectOf(part, "cache_control");
  if (mark === undefined) return {};
  return { cache: { ttl: mark.ttl === "1h" ? "1h" : "5m" } };
}

/** Text content: a text, a list of text parts, or nothing. */
export function decodeTextContent(content: unknown, path: string): readonly TextPart[] {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return [{ type: "text", text: content, extra: NO_EXTRA }];
  return demandList(content, path).map((value, i) => {
    const part = demandObject(value, `${path}[${i}]`);
    return decodeText(part, `${path}[${i}]`);
  });
}

export function decodeText(part: JsonObject, path: string): TextPart {
  return {
    type: "text",
    text: demandText(part.text, `${path}.text`),
    ...readCacheMark(part),
    extra: extraOf(part, TEXT_FIELDS),
  };
}

type UserPart = UserMessage["parts"][number];

/** A user's content, or that of a tool's result. */
export function decodeContent(content: unknown, path: string): readonly UserPart[] {
  if (!Array.isArray(content)) return decodeTextContent(content, path);
  return content.map((value: unknown, i) =>
    decodePart(demandObject(value, `${path}[${i}]`), `${path}[${i}]`),
  );
}

function decodePart(part: JsonObject, path: string): UserPart {
  switch (demandText(part.type, `${path}.type`)) {
    case "text":
      return decodeText(part, path);
    case "image_url":
      return decodeImage(part, path);
    case "file":
      return decodeFile(part, path);
    case "input_audio":
      return decodeAudio(part, path);
    default:
      return { type: "opaque", wire: "openai-chat", raw: part };
  }
}

function decodeImage(part: JsonObject, path: string): ImagePart {
  // Some clients send the URL itself in place of the object.
  const image = isJsonObject(part.image_url) ? part.image_url : { url: part.image_url };
  const url = demandText(image.url, `${path}.image_url.url`);
  const detail = textOf(image, "detail");
  return {
    type: "image",
    source: urlSource(url),
    ...(detail === "low" || detail === "high" || detail === "auto" ? { detail } : {}),
    ...readCacheMark(part),
    extra: extraOf(part, IMAGE_FIELDS),
  };
}

function decodeFile(part: JsonObject, path: string): FilePart {
  const file = demandObject(part.file, `${path}.file`);
  const fileName = textOf(file, "filename");
  return {
    type: "file",
    source: fileSource(file, path),
    ...(fileName === undefined ? {} : { fileName }),
    ...readCacheMark(part),
    extra: extraOf(part, FILE_FIELDS),
  };
}

function fileSource(file: JsonObject, path: string): MediaSource {
  const id = textOf(file, "file_id");
  if (id !== undefined) return { kind: "file-id", id };
  const data = demandText(file.file_data, `${path}.file.file_data`);
  const source = urlSource(data);
  if (source.kind === "url" && !/^https?:/i.test(data)) {
    // OpenAI takes bare base64 too, of a PDF.
    return { kind: "base64", mediaType: "application/pdf", data };
  }
  return source;
}

const AUDIO_TYPES: ReadonlyMap<string, string> = new Map([
  ["wav", "audio/wav"],
  ["mp3", "audio/mpeg"],
]);

function decodeAudio(part: JsonObject, path: string): AudioPart {
  const audio = demandObject(part.input_audio, `${path}.input_audio`);
  const format = demandText(audio.format, `${path}.input_audio.format`);
  return {
    type: "audio",
    source: {
      kind: "base64",
      mediaType: AUDIO_TYPES.get(format) ?? `audio/${format}`,
      data: demandText(audio.data, `${path}.input_audio.data`),
    },
    extra: extraOf(part, AUDIO_FIELDS),
  };
}

function urlSource(url: string): MediaSource {
  return parseDataUrl(url) ?? { kind: "url", url };
}

/** A tool's result holds no sound and nothing that only a provider knows. */
export function assertResultPart(part: UserPart, path: string): TextPart | ImagePart | FilePart {
  if (part.type === "text" || part.type === "image" || part.type === "file") return part;
  throw new GatewayError("invalid_field", {
    param: path,
    message: `The field "${path}" must be a text, an image or a file.`,
  });
}
