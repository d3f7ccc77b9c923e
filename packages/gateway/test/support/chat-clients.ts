/** Clients of every chat wire without an SDK between: what goes out, and all that comes back, however it ends. */
import { anthropic } from "../conformance/readers/anthropic.ts";
import { gemini } from "../conformance/readers/gemini.ts";
import { at, textAt } from "../conformance/readers/json-path.ts";
import { openAiChat } from "../conformance/readers/openai-chat.ts";
import { openAiResponses } from "../conformance/readers/openai-responses.ts";
import type { Reader, Said } from "../conformance/said.ts";
import { KEY } from "./mock-gateway.ts";

/** One answer as it reached the client. */
export interface SeenAnswer {
  /** 0 when there was none. */
  readonly status: number;
  /** What was said until the answer ended, however it ended. */
  readonly said: Said | null;
  /** It ended as its wire ends a whole answer. */
  readonly clean: boolean;
  /** The words of an error in the wire's own shape, as a status or in a stream; null for none. */
  readonly error: string | null;
  /** An event was no JSON. */
  readonly malformed: boolean;
  /** The connection closed before the answer was complete. */
  readonly cut: boolean;
  readonly body: string;
  readonly headers: Headers;
}

export interface ChatClient {
  readonly title: string;
  path(model: string, stream: boolean): string;
  body(model: string, stream: boolean): object;
  readonly reader: Reader;
  /** Whether an event ends a stream in good form. */
  ends(event: unknown, data: string): boolean;
  /** The words of its wire's error, in an event or in a body; null for anything else. */
  errorIn(json: unknown): string | null;
}

const DONE = "[DONE]";
const PROMPT = "Tell me of the mill.";
const PARAMETERS = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
  required: ["city", "days"],
};
const TOOLS = ["weather", "tide"];

function openAiError(json: unknown): string | null {
  const error = at(json, "error");
  return error === undefined || error === null ? null : textAt(error, "message");
}

export const CHAT_CLIENTS: readonly ChatClient[] = [
  {
    title: "openai chat",
    path: () => "/v1/chat/completions",
    body: (model, stream) => ({
      model,
      stream,
      messages: [{ role: "user", content: PROMPT }],
      tools: TOOLS.map((name) => ({ type: "function", function: { name, parameters: PARAMETERS } })),
    }),
    reader: openAiChat,
    ends: (_, data) => data === DONE,
    errorIn: openAiError,
  },
  {
    title: "openai responses",
    path: () => "/v1/responses",
    body: (model, stream) => ({
      model,
      stream,
      input: PROMPT,
      tools: TOOLS.map((name) => ({ type: "function", name, parameters: PARAMETERS, strict: false })),
    }),
    reader: openAiResponses,
    ends: (event) => textAt(event, "type") === "response.completed",
    errorIn: (json) => {
      if (textAt(json, "type") === "error")
        return textAt(json, "error", "message") || textAt(json, "message");
      return openAiError(json) ?? openAiError(at(json, "response"));
    },
  },
  {
    title: "anthropic",
    path: () => "/v1/messages",
    body: (model, stream) => ({
      model,
      stream,
      max_tokens: 1_000,
      messages: [{ role: "user", content: PROMPT }],
      tools: TOOLS.map((name) => ({ name, input_schema: PARAMETERS })),
    }),
    reader: anthropic,
    ends: (event) => textAt(event, "type") === "message_stop",
    errorIn: (json) => (textAt(json, "type") === "error" ? textAt(json, "error", "message") : null),
  },
  {
    title: "gemini",
    path: (model, stream) =>
      `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: () => ({
      contents: [{ role: "user", parts: [{ text: PROMPT }] }],
      tools: [{ functionDeclarations: TOOLS.map((name) => ({ name, parametersJsonSchema: PARAMETERS })) }],
    }),
    reader: gemini,
    ends: (event) => textAt(event, "candidates", 0, "finishReason") !== "",
    errorIn: openAiError,
  },
];

export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks once; never rejects for what the gateway does. */
export async function askAsClient(
  gatewayUrl: string,
  client: ChatClient,
  { model, stream, headers: further = {} }: Asked,
): Promise<SeenAnswer> {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...further };
  const body = JSON.stringify(client.body(model, stream));
  const url = gatewayUrl + client.path(model, stream);
  const response = await fetch(url, { method: "POST", headers, body }).catch(() => null);
  if (response === null) return { ...NOTHING, headers: new Headers() };
  const { text, cut } = await readBody(response);
  const streamed = /^text\/event-stream/.test(response.headers.get("content-type") ?? "");
  const seen = streamed ? seenStream(client, text) : seenPlain(client, text, cut);
  return { malformed: false, status: response.status, cut, body: text, headers: response.headers, ...seen };
}

const NOTHING = {
  status: 0,
  said: null,
  clean: false,
  error: null,
  malformed: false,
  cut: true,
  body: "",
} as const;

type Seen = Pick<SeenAnswer, "said" | "clean" | "error"> & Partial<Pick<SeenAnswer, "malformed">>;

async function readBody(response: Response): Promise<{ readonly text: string; readonly cut: boolean }> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, cut: false };
  } catch {
    return { text, cut: true };
  }
}

function seenPlain({ reader, errorIn }: ChatClient, text: string, cut: boolean): Seen {
  const json = parsed(text);
  if (cut || json === undefined) return { said: null, clean: false, error: null };
  const error = errorIn(json);
  return { said: error === null ? reader.plain(json) : null, clean: error === null, error };
}

function seenStream({ reader, ends, errorIn }: ChatClient, text: string): Seen {
  const data = dataOf(text);
  const events = data.map(parsed).filter((event) => event !== undefined);
  // Passed on as it came: every client stumbles over it.
  const malformed = data.some((line) => line !== DONE && parsed(line) === undefined);
  return {
    said: reader.stream(events),
    clean: data.some((line) => ends(parsed(line), line)),
    error: events.map(errorIn).find((words) => words !== null) ?? null,
    malformed,
  };
}

/** The data of each event, whatever ends its lines. */
function dataOf(text: string): string[] {
  return text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trimStart());
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
