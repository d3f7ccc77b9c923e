import { createHash } from "node:crypto";
import type { BytesCall, BytesEndpoint, DirectAnswer, Wire } from "./contract.ts";
import type { JsonObject } from "./json.ts";
import { type FormPart, fieldsOf, readForm } from "./multipart.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** A form that was received whole. */
export interface FormCall extends BytesCall {
  readonly parts: readonly FormPart[];
  readonly fields: JsonObject;
}

/** What shows that a file arrived as it was sent. */
export interface FileReceipt {
  readonly name: string;
  readonly bytes: number;
  readonly content_type: string;
  readonly sha256: string;
}

/** Makes an endpoint that takes a form; a field `x_mock` is a behaviour in JSON. */
export function formEndpoint(
  name: string,
  wire: Wire,
  answer: (call: FormCall) => DirectAnswer | Refusal,
): BytesEndpoint {
  return {
    kind: "bytes",
    name,
    wire: () => wire,
    needsTarget: true,
    asked: ({ bytes, target }) => behaviourField(readForm(target.headers["content-type"] ?? "", bytes) ?? []),
    answer: (call) => {
      const parts = readForm(call.target.headers["content-type"] ?? "", call.bytes);
      if (parts === undefined) return refuse("The body is not a complete multipart/form-data form.");
      return answer({ ...call, parts, fields: fieldsOf(parts) });
    },
  };
}

/** The file that a form brings under a name. */
export function fileOf(parts: readonly FormPart[], name: string): FormPart | undefined {
  return parts.find((part) => part.name === name && part.fileName !== undefined);
}

/** Name, size and hash of a file. */
export function receiptOf(file: FormPart): FileReceipt {
  return {
    name: file.fileName ?? "",
    bytes: file.bytes.byteLength,
    content_type: file.contentType,
    sha256: createHash("sha256").update(file.bytes).digest("hex"),
  };
}

function behaviourField(parts: readonly FormPart[]): unknown {
  const field = fieldsOf(parts).x_mock;
  if (typeof field !== "string") return undefined;
  try {
    return JSON.parse(field);
  } catch {
    return field;
  }
}
