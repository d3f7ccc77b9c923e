import type { FilePart, MediaSource } from "@headrace/core/canonical/chat-parts";

const TEXT_TYPE = /^(text\/|application\/(json|xml|yaml|x-yaml|x-ndjson|javascript)$)/;

/**
 * A file of plain text as what a user would have typed, for wires that know no files; null for any other file, which only
 * its provider could read.
 */
export function inlineText({ source, fileName }: FilePart): string | null {
  const text = textOf(source);
  if (text === null) return null;
  return fileName === undefined ? text : `${fileName}:\n${text}`;
}

function textOf(source: MediaSource): string | null {
  if (source.kind !== "base64" || !TEXT_TYPE.test(source.mediaType)) return null;
  return Buffer.from(source.data, "base64").toString();
}
