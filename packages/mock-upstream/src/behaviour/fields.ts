/** How the mock answers one request. Every field is data: the same name is a header, a body key and a flag. */
export interface MockBehaviour {
  /** Milliseconds before the first byte of the answer. */
  readonly latencyMs: number;
  /** Milliseconds between a leading comment and the first event; without a comment just more latency. */
  readonly firstEventMs: number;
  /** Up to this many milliseconds on top of the latency, drawn from a seeded generator. */
  readonly jitterMs: number;
  /** Milliseconds more for the share of the answers that `slowShare` says: a slow tail. */
  readonly slowMs: number;
  /** From 0 to 1, drawn from the same generator. */
  readonly slowShare: number;
  /** Speed of generation; 0 is at once. A plain answer waits for all of its tokens, as a real one does. */
  readonly tokensPerSecond: number;
  /** Content events of a stream, one token each; also the tokens of a plain answer. */
  readonly chunks: number;
  /** Exact bytes of text in each content event; 0 is one word. */
  readonly chunkBytes: number;
  /** All events of a stream in a single write instead of one write each. */
  readonly burst: boolean;
  /** Which vendor's dialect the endpoints of OpenAI's shape speak. */
  readonly flavour: "openai" | "mistral" | "deepseek" | "groq" | "azure" | "vllm" | "xai" | "perplexity";
  /** Name of the recording to answer with instead of generating; empty for none. */
  readonly replay: string;
  /** `ascii` words, or words full of multi-byte characters. */
  readonly text: "ascii" | "utf8";
  /** The exact text to answer; empty for generated words. */
  readonly content: string;
  /** Answer with the text of the last user message. */
  readonly echo: boolean;
  /** Reasoning before the answer, where the wire has it, this many tokens. */
  readonly reasoningTokens: number;
  /** Anthropic and Bedrock: the thinking comes redacted, opaque bytes instead of text. */
  readonly redactedThinking: boolean;
  /** Tool calls made when the request offers tools, taken from them in turn. */
  readonly toolCalls: number;
  /** Rounds of tool results after which tools are no longer called and the answer is text. */
  readonly toolRounds: number;
  /** Words said before tools are called. */
  readonly textBeforeTools: number;
  /** Deltas of parallel tool calls take turns instead of following one another. */
  readonly interleaveToolCalls: boolean;
  /** Prompt tokens reported in usage. */
  readonly promptTokens: number;
  /** Cached part of the prompt tokens reported in usage. */
  readonly cachedTokens: number;
  /** Part of the prompt tokens reported as written to a cache for five minutes, on wires that report it. */
  readonly cacheWriteTokens: number;
  /** Part of the prompt tokens reported as written to a cache for an hour, on wires that report it. */
  readonly cacheWrite1hTokens: number;
  /** `auto` is the wire's way; for OpenAI always when plain, in an extra last event when include_usage asked. */
  readonly usage: "auto" | "on" | "off" | "finish-chunk" | "twice";
  /** What the last choice event says; `none` never says it. */
  readonly finishReason: "auto" | "none" | "stop" | "length" | "content_filter";
  /** Gemini: answers a prompt that was blocked, with feedback and without candidates. */
  readonly promptBlocked: boolean;
  /** The finish reason in the wire's own words, sent as written; empty for the word of `finishReason`. */
  readonly finishWord: string;
  /** Refuses a later turn that lacks or changes a signature which the mock issued; makes it think and sign. */
  readonly requireSignatures: boolean;
  /** Flavour deepseek: refuses a tool turn without the reasoning_content that the mock issued. */
  readonly requireReasoningEcho: boolean;
  /** Whether a stream ends with the event that only says so: `data: [DONE]`, Anthropic's `message_stop`. */
  readonly done: boolean;
  /** Status of the answer; from 300 on the answer is an error. */
  readonly status: number;
  /** `auto` is the wire's shape when the status is an error; the others also work with status 200. */
  readonly errorBody: "auto" | "json" | "openai" | "html" | "text" | "empty";
  /** Type of errors where the wire has one; empty for its word for the status. */
  readonly errorType: string;
  /** Code of errors where the wire has one; empty for its word for the status. */
  readonly errorCode: string;
  /** Message of errors; empty for the wire's sentence for the status. */
  readonly errorMessage: string;
  /** Value of `retry-after`, seconds or an HTTP date, sent as written; empty for none. */
  readonly retryAfter: string;
  /** Value of `retry-after-ms`; -1 for none. */
  readonly retryAfterMs: number;
  /** Value of `location`; empty for none. */
  readonly location: string;
  /** Reads the request and never answers. */
  readonly neverAnswer: boolean;
  /** Closes the socket instead of answering. */
  readonly cutBeforeHeaders: boolean;
  /** Stops after this many events and keeps the connection open; -1 for never. */
  readonly stallAfterEvents: number;
  /** Closes the socket after this many events; -1 for never. */
  readonly cutAfterEvents: number;
  /** Closes the socket after this many bytes of the body; -1 for never. */
  readonly cutAfterBytes: number;
  /** Ends the body cleanly after this many events; -1 for never. */
  readonly endAfterEvents: number;
  /** Sends an error object inside the 200 stream after this many events; -1 for never. */
  readonly errorAfterEvents: number;
  /** Whether what ends a stream in good form follows that error: `[DONE]`, `response.failed`. */
  readonly errorThenDone: boolean;
  /** Breaks the JSON of the event with this index; -1 for none. */
  readonly malformedEvent: number;
  /** Damages the last byte of the event with this index, which breaks a checksum; -1 for none. */
  readonly corruptEvent: number;
  /** Size of the data of the first content event, padded with text; 0 for no padding. */
  readonly bigEventBytes: number;
  /** Line ending of the stream; `auto` is the wire's own. */
  readonly lineEnding: "auto" | "lf" | "crlf";
  /** Where the stream is cut into writes besides between events. */
  readonly split: "none" | "bytes" | "utf8" | "crlf";
  /** Where what keeps a silent stream open stands: `: keep-alive`, Anthropic's `ping`. */
  readonly comments: "none" | "before" | "between";
  /** Content encoding of the body. */
  readonly encoding: "identity" | "gzip";
  /** Content type of the answer; empty for the right one. */
  readonly contentType: string;
  /** `close` sends neither content-length nor chunks: the body ends when the connection closes. */
  readonly framing: "auto" | "close";
}

interface NumberField {
  readonly kind: "integer" | "number";
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  readonly help: string;
}
interface BooleanField {
  readonly kind: "boolean";
  readonly initial: boolean;
  readonly help: string;
}
interface TextField {
  readonly kind: "text";
  readonly initial: string;
  readonly help: string;
}
interface ChoiceField<T extends string> {
  readonly kind: "choice";
  readonly initial: T;
  readonly choices: readonly T[];
  readonly help: string;
}

// Brackets keep a union whole; without them each member would get a field type of its own.
type FieldFor<T> = [T] extends [number]
  ? NumberField
  : [T] extends [boolean]
    ? BooleanField
    : [T] extends [string]
      ? string extends T
        ? TextField
        : ChoiceField<T>
      : never;

/** One field of the behaviour table, whatever its type. */
export type BehaviourField = NumberField | BooleanField | TextField | ChoiceField<string>;

/** Names of the behaviour's fields. */
export type BehaviourName = keyof MockBehaviour;

const HOUR_MS = 3_600_000;
const COUNT_LIMIT = 1_000_000;
const BYTES_LIMIT = 64 * 1024 * 1024;

function integer(initial: number, max: number, help: string): NumberField {
  return { kind: "integer", initial, min: Math.min(0, initial), max, help };
}

function boolean(initial: boolean, help: string): BooleanField {
  return { kind: "boolean", initial, help };
}

function text(help: string): TextField {
  return { kind: "text", initial: "", help };
}

/** The one table behind headers, body keys, flags, `--help` and the README. */
export const BEHAVIOUR_FIELDS: { readonly [K in BehaviourName]: FieldFor<MockBehaviour[K]> } = {
  latencyMs: { kind: "number", initial: 0, min: 0, max: HOUR_MS, help: "wait before the first byte" },
  jitterMs: { kind: "number", initial: 0, min: 0, max: HOUR_MS, help: "up to this much more wait, seeded" },
  slowMs: {
    kind: "number",
    initial: 0,
    min: 0,
    max: HOUR_MS,
    help: "so much more wait for a share of the answers",
  },
  slowShare: { kind: "number", initial: 0, min: 0, max: 1, help: "that share, seeded" },
  firstEventMs: { kind: "number", initial: 0, min: 0, max: HOUR_MS, help: "comment before, then this wait" },
  tokensPerSecond: { kind: "number", initial: 0, min: 0, max: COUNT_LIMIT, help: "speed; 0 is at once" },
  chunks: integer(16, COUNT_LIMIT, "content events, one token each"),
  chunkBytes: integer(0, BYTES_LIMIT, "bytes of text in each; 0 is one word"),
  burst: boolean(false, "all events in one write"),
  flavour: {
    kind: "choice",
    initial: "openai",
    choices: ["openai", "mistral", "deepseek", "groq", "azure", "vllm", "xai", "perplexity"],
    help: "vendor's dialect of the OpenAI wire",
  },
  replay: text("name of a recording to answer with"),
  text: { kind: "choice", initial: "ascii", choices: ["ascii", "utf8"], help: "kind of words" },
  content: text("the exact text to answer"),
  echo: boolean(false, "answer the last user message"),
  reasoningTokens: integer(0, COUNT_LIMIT, "reasoning before the answer"),
  redactedThinking: boolean(false, "anthropic, bedrock: thinking comes redacted"),
  toolCalls: integer(1, 128, "tool calls when tools are offered"),
  toolRounds: integer(1, 1_000, "rounds of tool results before the text"),
  textBeforeTools: integer(0, COUNT_LIMIT, "words before tool calls"),
  interleaveToolCalls: boolean(false, "deltas of parallel calls take turns"),
  promptTokens: integer(9, 1_000_000_000, "prompt tokens in usage"),
  cachedTokens: integer(0, 1_000_000_000, "cached part of them"),
  cacheWriteTokens: integer(0, 1_000_000_000, "part written to the cache for 5 minutes"),
  cacheWrite1hTokens: integer(0, 1_000_000_000, "part written to the cache for an hour"),
  usage: {
    kind: "choice",
    initial: "auto",
    choices: ["auto", "on", "off", "finish-chunk", "twice"],
    help: "auto is the wire's way",
  },
  finishReason: {
    kind: "choice",
    initial: "auto",
    choices: ["auto", "none", "stop", "length", "content_filter"],
    help: "none never says it",
  },
  promptBlocked: boolean(false, "gemini: the prompt was blocked"),
  finishWord: text("finish reason in the wire's words"),
  requireSignatures: boolean(false, "refuse turns without the signatures issued"),
  requireReasoningEcho: boolean(false, "deepseek: refuse tool turns without reasoning"),
  done: boolean(true, "end a stream with [DONE] or message_stop"),
  status: { kind: "integer", initial: 200, min: 200, max: 599, help: "from 300 on an error" },
  errorBody: {
    kind: "choice",
    initial: "auto",
    choices: ["auto", "json", "openai", "html", "text", "empty"],
    help: "auto is the wire's shape; json also with 200",
  },
  errorType: text("type of an error"),
  errorCode: text("code of an error"),
  errorMessage: text("message of an error"),
  retryAfter: text("retry-after, as written"),
  retryAfterMs: integer(-1, HOUR_MS, "retry-after-ms"),
  location: text("location of a redirect"),
  neverAnswer: boolean(false, "read the request and say nothing"),
  cutBeforeHeaders: boolean(false, "close the socket instead of answering"),
  stallAfterEvents: integer(-1, COUNT_LIMIT, "say nothing more after N events"),
  cutAfterEvents: integer(-1, COUNT_LIMIT, "close the socket after N events"),
  cutAfterBytes: integer(-1, BYTES_LIMIT, "close the socket after N bytes of body"),
  endAfterEvents: integer(-1, COUNT_LIMIT, "end the body cleanly after N events"),
  errorAfterEvents: integer(-1, COUNT_LIMIT, "error inside the stream after N events"),
  errorThenDone: boolean(true, "[DONE] or response.failed after it"),
  malformedEvent: integer(-1, COUNT_LIMIT, "break the JSON of event N, from 0"),
  corruptEvent: integer(-1, COUNT_LIMIT, "break the checksum of event N, from 0"),
  bigEventBytes: integer(0, BYTES_LIMIT, "pad the first content event to this size"),
  lineEnding: {
    kind: "choice",
    initial: "auto",
    choices: ["auto", "lf", "crlf"],
    help: "line ending of a stream",
  },
  split: {
    kind: "choice",
    initial: "none",
    choices: ["none", "bytes", "utf8", "crlf"],
    help: "cut writes at each byte, inside UTF-8 or inside CRLF",
  },
  comments: {
    kind: "choice",
    initial: "none",
    choices: ["none", "before", "between"],
    help: ": keep-alive comments or pings",
  },
  encoding: { kind: "choice", initial: "identity", choices: ["identity", "gzip"], help: "content-encoding" },
  contentType: text("wrong content type"),
  framing: {
    kind: "choice",
    initial: "auto",
    choices: ["auto", "close"],
    help: "close: body ends with the connection",
  },
};

/** All field names in the table's order. */
export const BEHAVIOUR_NAMES: readonly BehaviourName[] = Object.keys(BEHAVIOUR_FIELDS).filter(
  (name): name is BehaviourName => isBehaviourName(name),
);

/** Whether a word names a field of the table. */
export function isBehaviourName(name: string): name is BehaviourName {
  return Object.hasOwn(BEHAVIOUR_FIELDS, name);
}

/**
 * The behaviour of a mock that was told nothing: OpenAI answering at once. The cast is safe because the table's
 * type demands a field for each name; building an object from entries loses that.
 */
export const DEFAULT_BEHAVIOUR: MockBehaviour = Object.freeze(
  Object.fromEntries(BEHAVIOUR_NAMES.map((name) => [name, BEHAVIOUR_FIELDS[name].initial])),
) as unknown as MockBehaviour;
