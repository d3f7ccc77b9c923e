/**
 * The head of one part of a form (RFC 7578). The model that a form asks for decides who may send it, so whatever one
 * parser could read as the part `model` and another one not is refused.
 */
import { GatewayError } from "@headrace/core/errors/gateway-error";

/** Name of the part that holds the model. */
export const MODEL_PART = "model";

/** Begins with a letter, or else a line of a head could be a boundary for another parser. */
const LINE = /^([A-Za-z][!#$%&'*+.^_`|~0-9A-Za-z-]*):[ \t]*(.*)$/;
/** A quote behind a backslash ends the value for some parsers and not for others. */
const PARAMETER = /;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"((?:[^"\\]|\\[^"\\])*)"|([^\s";,\\]+))[ \t]*/y;
const FORM_DATA = /^form-data[ \t]*/i;
const PLAIN_ENCODINGS: ReadonlySet<string> = new Set(["", "7bit", "8bit", "binary"]);

export interface PartHead {
  readonly name: string;
  readonly isFile: boolean;
}

/**
 * What the head of a part says.
 *
 * @param head - its lines, without the blank one at the end
 * @throws GatewayError `malformed_form`
 */
export function readPartHead(head: string): PartHead {
  const fields = readFields(head);
  const parameters = readDisposition(fields.get("content-disposition") ?? "");
  const name = parameters.get("name");
  if (name === undefined) throw malformed("A part of the form has no name.");
  if (name.includes("\\") || [...parameters.keys()].some((key) => key.startsWith("name*")))
    throw malformed("The name of a part is written in a form that is not read alike everywhere.");
  const isFile = parameters.has("filename") || parameters.has("filename*");
  if (name === MODEL_PART) checkModelPart(fields, isFile);
  else if (looksLikeModel(name))
    throw malformed(`The name of a part is almost, but not quite, ${MODEL_PART}.`);
  return { name, isFile };
}

function readFields(head: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of head.split("\r\n")) {
    const [, name = "", value = ""] = LINE.exec(line) ?? [];
    if (name === "" || hasControls(line)) throw malformed("A part of the form has a malformed header.");
    const key = name.toLowerCase();
    if (fields.has(key)) throw malformed("A part of the form has the same header twice.");
    fields.set(key, value.trimEnd());
  }
  return fields;
}

function hasControls(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

function readDisposition(value: string): Map<string, string> {
  const type = FORM_DATA.exec(value);
  if (type === null) throw malformed("A part of the form is not declared as form-data.");
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = type[0].length;
  while (PARAMETER.lastIndex < value.length) {
    const [, name = "", quoted, token] = PARAMETER.exec(value) ?? [];
    const key = name.toLowerCase();
    if (key === "" || parameters.has(key))
      throw malformed("The content disposition of a part cannot be read without doubt.");
    parameters.set(key, quoted ?? token ?? "");
  }
  return parameters;
}

function checkModelPart(fields: ReadonlyMap<string, string>, isFile: boolean): void {
  const encoding = fields.get("content-transfer-encoding") ?? "";
  if (isFile || !PLAIN_ENCODINGS.has(encoding.toLowerCase()))
    throw malformed(`The part ${MODEL_PART} has to be plain text.`);
}

/** Parsers have been seen to trim names, to decode them, and to compare them without regard to case. */
function looksLikeModel(name: string): boolean {
  return decode(name).trim().toLowerCase() === MODEL_PART;
}

function decode(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** For everything that is wrong with a form. */
export function malformed(message: string): GatewayError {
  return new GatewayError("malformed_form", { message });
}
