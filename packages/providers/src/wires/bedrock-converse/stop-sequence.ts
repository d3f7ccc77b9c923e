import type { JsonObject } from "@headrace/core/json-object";
import { objectOf, textOf } from "../../json/read.ts";

/**
 * Converse itself does not say which text ended an answer, but passes on what the model's own answer says: Claude's
 * `stop_sequence`, which a stream has inside `delta` (Bedrock API reference, `additionalModelResponseFieldPaths`).
 */
export const STOP_SEQUENCE_PATHS: { readonly whole: string; readonly stream: string } = {
  whole: "/stop_sequence",
  stream: "/delta/stop_sequence",
};

/** Whether a client that asks for this field gets it anyhow. */
export function isStopSequencePath(path: unknown): boolean {
  return path === STOP_SEQUENCE_PATHS.whole || path === STOP_SEQUENCE_PATHS.stream;
}

/** @param holder - a whole answer, or the `messageStop` of a stream */
export function stopSequenceOf(holder: JsonObject): string | undefined {
  const fields = objectOf(holder, "additionalModelResponseFields") ?? {};
  return textOf(fields, "stop_sequence") ?? textOf(objectOf(fields, "delta") ?? {}, "stop_sequence");
}
