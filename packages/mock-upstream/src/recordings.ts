import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { WireName } from "./answers/contract.ts";
import { isJsonObject, type JsonObject } from "./answers/json.ts";
import type { Replay, Replays } from "./server/replay.ts";

const PLAIN_END = ".json";
const STREAM_END = ".chunks.txt";

/**
 * Reads a folder of recorded answers: `*.json` is the body of a plain answer, `*.chunks.txt` a stream, one line the data
 * of one event without framing. Files of one name belong together. The wire is told by what the answers say, so that
 * folders may have any name; a file that no wire fits is an error that names it.
 */
export async function readRecordings(folder: string): Promise<Replays> {
  const files = (await readdir(folder, { recursive: true })).toSorted();
  const replays: Record<string, Replay> = {};
  for (const file of files) {
    const end = [PLAIN_END, STREAM_END].find((candidate) => file.endsWith(candidate));
    if (end === undefined) continue;
    const text = await readFile(join(folder, file), "utf8");
    const name = file.slice(0, -end.length);
    const recorded = end === PLAIN_END ? plainReplay(text) : streamReplay(text);
    if (recorded === undefined) throw new Error(`${join(folder, file)}: no wire has answers of this shape`);
    replays[name] = { ...replays[name], ...recorded };
  }
  return replays;
}

function plainReplay(text: string): Replay | undefined {
  const wire = wireOf(JSON.parse(text), PLAIN_SIGNS);
  return wire === undefined ? undefined : { wire, plain: text };
}

function streamReplay(text: string): Replay | undefined {
  const events = text.split("\n").filter((line) => line.trim() !== "");
  for (const line of events) {
    const wire = wireOf(JSON.parse(line), STREAM_SIGNS);
    if (wire !== undefined) return { wire, events };
  }
  return undefined;
}

/** What shows the wire of an answer or an event; the first sign that fits counts. */
type Sign = readonly [wire: WireName, fits: (value: JsonObject) => boolean];

const PLAIN_SIGNS: readonly Sign[] = [
  ["openai", (value) => Array.isArray(value.choices)],
  ["responses", (value) => value.object === "response"],
  ["anthropic", (value) => value.type === "message"],
  ["gemini", (value) => Object.hasOwn(value, "candidates") || Object.hasOwn(value, "promptFeedback")],
  ["bedrock", (value) => isJsonObject(value.output) && Object.hasOwn(value, "stopReason")],
  ["ollama", (value) => typeof value.done === "boolean"],
  ["cohere", (value) => isJsonObject(value.message) && Object.hasOwn(value, "finish_reason")],
];

const BEDROCK_EVENTS: ReadonlySet<string> = new Set([
  "messageStart",
  "contentBlockStart",
  "contentBlockDelta",
  "contentBlockStop",
  "messageStop",
  "metadata",
]);
const STREAM_SIGNS: readonly Sign[] = [
  ["openai", (value) => Array.isArray(value.choices)],
  ["responses", (value) => typeof value.type === "string" && value.type.startsWith("response.")],
  ["anthropic", (value) => value.type === "message_start" || value.type === "content_block_start"],
  ["cohere", (value) => value.type === "message-start"],
  ["gemini", (value) => Object.hasOwn(value, "candidates") || Object.hasOwn(value, "promptFeedback")],
  ["bedrock", (value) => Object.keys(value).length === 1 && BEDROCK_EVENTS.has(Object.keys(value)[0] ?? "")],
  ["ollama", (value) => typeof value.done === "boolean"],
];

function wireOf(value: unknown, signs: readonly Sign[]): WireName | undefined {
  return isJsonObject(value) ? signs.find(([, fits]) => fits(value))?.[0] : undefined;
}
