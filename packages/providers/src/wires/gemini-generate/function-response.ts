/**
 * What a function gave back. The wire wants an object, of which `output` and `error` are said to hold the result (Gemini
 * API reference, "Caching", `FunctionResponse`); elsewhere a result is text.
 */
import type { FilePart, ImagePart, TextPart, ToolResultPart } from "@headrace/core/canonical/chat-parts";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { camelFields } from "../../google/field-names.ts";
import { demandList, demandObject, optional } from "../../json/demand.ts";
import { parseJsonObject } from "../../json/read.ts";
import { demandMedia, kindOfType, typeOfSource } from "./media.ts";

type ResultPart = ToolResultPart["parts"][number];

/** @throws GatewayError `invalid_field` */
export function readFunctionResponse(
  response: JsonObject,
  path: string,
): Pick<ToolResultPart, "parts" | "isError"> {
  const value = optional(response.response, `${path}.response`, demandObject) ?? {};
  const names = Object.keys(value);
  const only = names.length === 1 ? names[0] : undefined;
  const isError = only === "error";
  const result = isError || only === "output" ? value[only] : value;
  const text = typeof result === "string" ? result : JSON.stringify(result);
  const media = optional(response.parts, `${path}.parts`, demandList) ?? [];
  const parts = media.map((part, index) => mediaPart(part, `${path}.parts[${index}]`));
  return { parts: [{ type: "text", text, extra: NO_EXTRA }, ...parts], isError };
}

/** The object for a result's text; media goes elsewhere. */
export function writeResponse(result: ToolResultPart): JsonObject {
  const text = textOfResult(result.parts);
  if (result.isError) return { error: text };
  // A `$ref` in there is taken for the name of a part of the response, and refused when there is none.
  const object = text.includes('"$ref"') ? null : parseJsonObject(text);
  return object === null || isAmbiguous(object) ? { output: text } : object;
}

export function mediaOfResult(result: ToolResultPart): readonly (ImagePart | FilePart)[] {
  return result.parts.filter((part) => part.type !== "text");
}

/** It would be read as what its one field holds. */
function isAmbiguous(object: JsonObject): boolean {
  const names = Object.keys(object);
  return names.length === 1 && (names[0] === "output" || names[0] === "error");
}

function textOfResult(parts: readonly ResultPart[]): string {
  const texts = parts.filter((part): part is TextPart => part.type === "text");
  return texts.map((part) => part.text).join("\n");
}

function mediaPart(raw: unknown, path: string): ImagePart | FilePart {
  const part = camelFields(demandObject(raw, path));
  const source = demandMedia(part, path);
  const type = kindOfType(typeOfSource(source)) === "image" ? "image" : "file";
  const extra = isJsonObject(part.partMetadata) ? { partMetadata: part.partMetadata } : NO_EXTRA;
  return { type, source, extra };
}
