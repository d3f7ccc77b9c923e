import type { MediaSource } from "@headrace/core/canonical/chat-parts";

type InlineSource = Extract<MediaSource, { kind: "base64" }>;

const BASE64_HEAD = /^data:([^,;]*)(?:;[^,;]*)*;base64,/i;
/** The head of a data URL is short; a search through megabytes that have none would be in vain. */
const MAX_HEAD_CHARS = 256;

/** Null for what is no data URL in base64. */
export function parseDataUrl(url: string): InlineSource | null {
  const [head, mediaType] = BASE64_HEAD.exec(url.slice(0, MAX_HEAD_CHARS)) ?? [];
  if (head === undefined) return null;
  return {
    kind: "base64",
    mediaType: mediaType === undefined || mediaType === "" ? "text/plain" : mediaType.toLowerCase(),
    data: url.slice(head.length),
  };
}

export function writeDataUrl({ mediaType, data }: InlineSource): string {
  return `data:${mediaType};base64,${data}`;
}
