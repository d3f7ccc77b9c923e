import { STATUS_CODES } from "node:http";
import { gzipSync } from "node:zlib";
import { errorOf } from "../answers/behaviour-error.ts";
import type { Wire } from "../answers/contract.ts";
import { openAiWire } from "../answers/openai/wire.ts";
import type { WireError } from "../answers/refusal.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import type { Script, ScriptStep } from "./script.ts";
import { splitSteps } from "./split.ts";

const JSON_TYPE = "application/json";
const HTML_BODY =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/** A status line's end for a status: `429 Too Many Requests`. */
export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? "Unknown"}`;
}

/** Whether a behaviour answers with an error instead of what was asked. */
export function isErrorBehaviour(behaviour: MockBehaviour): boolean {
  return behaviour.status >= 300 || behaviour.errorBody !== "auto";
}

/** The script of one JSON body. */
export function jsonScript(json: string, behaviour: MockBehaviour, generationMs: number = 0): Script {
  return bodyScript({ body: json, contentType: JSON_TYPE, generationMs }, behaviour);
}

/** The script of one body of bytes. */
export function bytesScript(bytes: Uint8Array, contentType: string, behaviour: MockBehaviour): Script {
  return bodyScript({ body: bytes, contentType, generationMs: 0 }, behaviour);
}

/** The script of a refusal by the mock itself, untouched by faults. */
export function refusalScript(error: WireError, wire: Wire): Script {
  const bytes = Buffer.from(wire.encodeError(error));
  return {
    status: statusLine(error.status),
    headers: [["content-type", JSON_TYPE], ...wire.errorHeaders(error)],
    framing: "length",
    declaredBytes: bytes.byteLength,
    steps: [{ bytes, atMs: 0 }],
    ending: "end",
    generationMs: 0,
  };
}

/** The script of the error that a behaviour asks for. */
export function errorScript(behaviour: MockBehaviour, wire: Wire): Script {
  const kind = behaviour.errorBody === "auto" && behaviour.status < 400 ? "empty" : behaviour.errorBody;
  switch (kind) {
    case "html":
      return bodyScript({ body: HTML_BODY, contentType: "text/html", generationMs: 0 }, behaviour);
    case "text":
      return bodyScript({ body: "upstream error\n", contentType: "text/plain", generationMs: 0 }, behaviour);
    case "empty":
      return bodyScript({ body: "", contentType: "", generationMs: 0 }, behaviour);
    case "openai":
      return wireErrorScript(behaviour, openAiWire({ flavour: "openai" }));
    default:
      return wireErrorScript(behaviour, wire);
  }
}

function wireErrorScript(behaviour: MockBehaviour, wire: Wire): Script {
  const error = errorOf(behaviour, wire);
  const script = jsonScript(wire.encodeError(error), behaviour);
  return { ...script, headers: [...script.headers, ...wire.errorHeaders(error)] };
}

interface PlainBody {
  readonly body: string | Uint8Array;
  readonly contentType: string;
  readonly generationMs: number;
}

function bodyScript(plain: PlainBody, behaviour: MockBehaviour): Script {
  const identity = typeof plain.body === "string" ? Buffer.from(plain.body) : plain.body;
  const whole = behaviour.encoding === "gzip" ? gzipSync(identity) : identity;
  const cut = behaviour.cutAfterBytes >= 0 && behaviour.cutAfterBytes < whole.byteLength;
  const bytes = cut ? whole.subarray(0, behaviour.cutAfterBytes) : whole;
  const steps: ScriptStep[] = bytes.byteLength === 0 ? [] : splitSteps([{ bytes, atMs: 0 }], behaviour.split);
  return {
    status: statusLine(behaviour.status),
    headers: plainHeaders(plain.contentType, behaviour),
    framing: behaviour.framing === "close" ? "close" : "length",
    declaredBytes: whole.byteLength,
    steps,
    ending: cut ? "cut" : "end",
    generationMs: plain.generationMs,
  };
}

function plainHeaders(contentType: string, behaviour: MockBehaviour): [string, string][] {
  const headers: [string, string][] = [];
  const type = behaviour.contentType || contentType;
  if (type !== "") headers.push(["content-type", type]);
  if (behaviour.encoding === "gzip") headers.push(["content-encoding", "gzip"]);
  if (behaviour.retryAfter !== "") headers.push(["retry-after", behaviour.retryAfter]);
  if (behaviour.retryAfterMs >= 0) headers.push(["retry-after-ms", String(behaviour.retryAfterMs)]);
  if (behaviour.location !== "") headers.push(["location", behaviour.location]);
  return headers;
}
