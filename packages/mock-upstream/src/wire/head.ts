import type { HttpResponse } from "uWebSockets.js";
import type { Script } from "./script.ts";

/** Writes status and headers; the server library adds the framing with the first byte of the body. */
export function writeHead(res: HttpResponse, script: Script): void {
  const { status, headers, framing, steps } = script;
  if (framing === "close") {
    const [only] = steps.length === 1 ? steps : [];
    const body = only === undefined ? "" : `\r\n${Buffer.from(only.bytes).toString("utf8")}`;
    res.writeStatus(rawHead(script, "connection: close") + body);
    return;
  }
  if (status !== undefined && status !== "200 OK") res.writeStatus(status);
  for (const [name, value] of headers) res.writeHeader(name, value);
}

/** Writes a complete head, framing included, to which no body will ever follow. */
export function writeRawHead(res: HttpResponse, script: Script): void {
  const framing =
    script.framing === "length"
      ? `content-length: ${script.declaredBytes}`
      : script.framing === "chunked"
        ? "transfer-encoding: chunked"
        : "connection: close";
  res.writeStatus(rawHead(script, framing));
}

/**
 * The head as one status text. The server library writes status, then a line end, and frames the body only when a
 * body comes: a status that carries the header lines closes the head with that line end and leaves the rest to us.
 */
function rawHead(script: Script, framing: string): string {
  const lines = script.headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${script.status ?? ""}\r\n${lines.join("")}${framing}\r\n`;
}
