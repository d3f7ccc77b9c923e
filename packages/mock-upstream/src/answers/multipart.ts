import type { JsonObject } from "./json.ts";

/** One part of a `multipart/form-data` body. */
export interface FormPart {
  readonly name: string;
  /** Undefined for a plain field. */
  readonly fileName: string | undefined;
  readonly contentType: string;
  readonly bytes: Buffer;
}

const CRLF = "\r\n";
const HEAD_END = "\r\n\r\n";
const BOUNDARY = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i;

/** The parts of a form (RFC 7578); undefined when the body is none, or breaks off. */
export function readForm(contentType: string, body: Buffer): FormPart[] | undefined {
  const [, quoted, bare] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (!contentType.toLowerCase().startsWith("multipart/form-data") || boundary === undefined)
    return undefined;
  const delimiter = `--${boundary}`;
  const parts: FormPart[] = [];
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length;
    if (body.subarray(start, start + 2).toString("latin1") === "--") return parts;
    const next = body.indexOf(CRLF + delimiter, start);
    const part = next < 0 ? undefined : readPart(body.subarray(start + CRLF.length, next));
    if (part === undefined) return undefined;
    parts.push(part);
    at = next + CRLF.length;
  }
  return undefined;
}

/** The plain fields of a form by name. */
export function fieldsOf(parts: readonly FormPart[]): JsonObject {
  const plain = parts.filter(({ fileName }) => fileName === undefined);
  return Object.fromEntries(plain.map(({ name, bytes }) => [name, bytes.toString("utf8")]));
}

function readPart(part: Buffer): FormPart | undefined {
  const headEnd = part.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = part.toString("utf8", 0, headEnd);
  const name = /\bname="([^"]*)"/i.exec(head)?.[1];
  if (name === undefined) return undefined;
  return {
    name,
    fileName: /\bfilename="([^"]*)"/i.exec(head)?.[1],
    contentType: /^content-type:\s*(.+)$/im.exec(head)?.[1]?.trim() ?? "text/plain",
    bytes: part.subarray(headEnd + HEAD_END.length),
  };
}
