import type { WireEvent } from "./decode-events.ts";
import type { WireJson } from "./raw-client.ts";

/** What an answer says, read out of its wire. */
export interface Heard {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly finish: unknown;
  /** Prompt and completion tokens, as the wire counts them. */
  readonly usage: readonly [unknown, unknown];
}

/** How a wire is asked and how its answers are read, for tests that hold for every wire. */
export interface WireCase {
  readonly path: string;
  readonly streamPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  readonly streamMembers: object;
  readonly toolMembers: object;
  readonly plain: (answer: WireJson) => Heard;
  readonly stream: (events: readonly WireEvent[]) => Heard;
  /** Words for a text that ended by itself, and for calls. */
  readonly finishWords: readonly [stop: string, tools: string];
  /** Message of the error of a body, and of the events of a stream that failed. */
  readonly errorMessage: (body: WireJson) => unknown;
  readonly streamErrorMessage: (events: readonly WireEvent[]) => unknown;
}

const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer" } },
};
const NAMES = ["weather", "time"];
const USER = [{ role: "user", content: "one two" }];
const OPENAI_TOOLS = NAMES.map((name) => ({ type: "function", function: { name, parameters: SCHEMA } }));

function json(event: WireEvent): WireJson {
  return JSON.parse(event.data);
}

function parsed(text: string): unknown {
  return JSON.parse(text === "" ? "{}" : text);
}

/** Puts the pieces of calls together by their index. */
class Calls {
  readonly #calls = new Map<number, { name: string; text: string }>();

  start(index: number, name: string): void {
    this.#calls.set(index, { name, text: "" });
  }

  add(index: number, piece: string): void {
    const call = this.#calls.get(index);
    if (call !== undefined) call.text += piece;
  }

  get all(): Heard["calls"] {
    const byIndex = [...this.#calls].toSorted(([left], [right]) => left - right);
    return byIndex.map(([, { name, text }]) => ({ name, arguments: parsed(text) }));
  }
}

const OPENAI: WireCase = {
  path: "/v1/chat/completions",
  streamPath: "/v1/chat/completions",
  headers: {},
  body: { model: "m", messages: USER },
  streamMembers: { stream: true, stream_options: { include_usage: true } },
  toolMembers: { tools: OPENAI_TOOLS },
  plain: ({ choices: [choice], usage }) => ({
    text: choice.message.content ?? "",
    reasoning: choice.message.reasoning_content ?? "",
    calls: (choice.message.tool_calls ?? []).map((call: WireJson) => ({
      name: call.function.name,
      arguments: parsed(call.function.arguments),
    })),
    finish: choice.finish_reason,
    usage: [usage.prompt_tokens, usage.completion_tokens],
  }),
  stream: (events) => {
    const chunks = events.filter(({ data }) => data !== "[DONE]").map(json);
    const deltas = chunks.flatMap(({ choices }) => choices.map((choice: WireJson) => choice.delta));
    const calls = new Calls();
    for (const call of deltas.flatMap((delta) => delta.tool_calls ?? [])) {
      if (call.function.name !== undefined) calls.start(call.index, call.function.name);
      calls.add(call.index, call.function.arguments);
    }
    const usage = chunks.at(-1).usage;
    return {
      text: deltas.map((delta) => delta.content ?? "").join(""),
      reasoning: deltas.map((delta) => delta.reasoning_content ?? "").join(""),
      calls: calls.all,
      finish: chunks.flatMap(({ choices }) => choices).at(-1).finish_reason,
      usage: [usage.prompt_tokens, usage.completion_tokens],
    };
  },
  finishWords: ["stop", "tool_calls"],
  errorMessage: (body) => body.error.message,
  streamErrorMessage: (events) =>
    json(events.findLast(({ data }) => data !== "[DONE]") ?? NO_EVENT).error.message,
};

const NO_EVENT: WireEvent = { name: "", data: "{}" };

const ANTHROPIC: WireCase = {
  path: "/v1/messages",
  streamPath: "/v1/messages",
  headers: { "anthropic-version": "2023-06-01" },
  body: { model: "m", max_tokens: 4_096, messages: USER },
  streamMembers: { stream: true },
  toolMembers: { tools: NAMES.map((name) => ({ name, input_schema: SCHEMA })) },
  plain: ({ content, stop_reason: finish, usage }) => ({
    text: content.map((block: WireJson) => block.text ?? "").join(""),
    reasoning: content.map((block: WireJson) => block.thinking ?? "").join(""),
    calls: content
      .filter((block: WireJson) => block.type === "tool_use")
      .map((block: WireJson) => ({ name: block.name, arguments: block.input })),
    finish,
    usage: [usage.input_tokens, usage.output_tokens],
  }),
  stream: (events) => {
    const all = events.map(json);
    const deltas = all.filter(({ type }) => type === "content_block_delta");
    const calls = new Calls();
    for (const event of all) {
      if (event.content_block?.type === "tool_use") calls.start(event.index, event.content_block.name);
      calls.add(event.index, event.delta?.partial_json ?? "");
    }
    const last = all.find(({ type }) => type === "message_delta");
    return {
      text: deltas.map(({ delta }) => delta.text ?? "").join(""),
      reasoning: deltas.map(({ delta }) => delta.thinking ?? "").join(""),
      calls: calls.all,
      finish: last.delta.stop_reason,
      usage: [last.usage.input_tokens, last.usage.output_tokens],
    };
  },
  finishWords: ["end_turn", "tool_use"],
  errorMessage: (body) => body.error.message,
  streamErrorMessage: (events) => json(events.at(-1) ?? NO_EVENT).error.message,
};

const GEMINI: WireCase = {
  path: "/v1beta/models/m:generateContent",
  streamPath: "/v1beta/models/m:streamGenerateContent?alt=sse",
  headers: {},
  body: {
    contents: [{ role: "user", parts: [{ text: "one two" }] }],
    generationConfig: { thinkingConfig: { includeThoughts: true } },
  },
  streamMembers: {},
  toolMembers: { tools: [{ functionDeclarations: NAMES.map((name) => ({ name, parameters: SCHEMA })) }] },
  plain: (answer) => geminiHeard([answer]),
  stream: (events) => geminiHeard(events.map(json)),
  finishWords: ["STOP", "STOP"],
  errorMessage: (body) => body.error.message,
  streamErrorMessage: (events) => json(events.at(-1) ?? NO_EVENT).error.message,
};

function geminiHeard(chunks: readonly WireJson[]): Heard {
  const parts = chunks.flatMap(({ candidates }) => candidates[0].content.parts);
  const usage = chunks.at(-1)?.usageMetadata;
  const { thoughtsTokenCount = 0 } = usage;
  return {
    text: parts.map((part) => (part.thought ? "" : (part.text ?? ""))).join(""),
    reasoning: parts.map((part) => (part.thought ? part.text : "")).join(""),
    calls: parts
      .filter((part) => part.functionCall !== undefined)
      .map(({ functionCall }) => ({ name: functionCall.name, arguments: functionCall.args })),
    finish: chunks.at(-1)?.candidates[0].finishReason,
    usage: [usage.promptTokenCount, usage.candidatesTokenCount + thoughtsTokenCount],
  };
}

const BEDROCK: WireCase = {
  path: "/model/anthropic.claude-v1%3A0/converse",
  streamPath: "/model/anthropic.claude-v1%3A0/converse-stream",
  headers: {},
  body: { messages: [{ role: "user", content: [{ text: "one two" }] }] },
  streamMembers: {},
  toolMembers: {
    toolConfig: { tools: NAMES.map((name) => ({ toolSpec: { name, inputSchema: { json: SCHEMA } } })) },
  },
  plain: ({ output, stopReason, usage }) => {
    const content: WireJson[] = output.message.content;
    return {
      text: content.map((block) => block.text ?? "").join(""),
      reasoning: content.map((block) => block.reasoningContent?.reasoningText.text ?? "").join(""),
      calls: content
        .filter((block) => block.toolUse !== undefined)
        .map(({ toolUse }) => ({ name: toolUse.name, arguments: toolUse.input })),
      finish: stopReason,
      usage: [usage.inputTokens, usage.outputTokens],
    };
  },
  stream: (events) => {
    const calls = new Calls();
    for (const event of events) {
      const { contentBlockIndex, start, delta } = json(event);
      if (start?.toolUse !== undefined) calls.start(contentBlockIndex, start.toolUse.name);
      calls.add(contentBlockIndex, delta?.toolUse?.input ?? "");
    }
    const deltas = events
      .filter(({ name }) => name === "contentBlockDelta")
      .map((event) => json(event).delta);
    const usage = named(events, "metadata").usage;
    return {
      text: deltas.map((delta) => delta.text ?? "").join(""),
      reasoning: deltas.map((delta) => delta.reasoningContent?.text ?? "").join(""),
      calls: calls.all,
      finish: named(events, "messageStop").stopReason,
      usage: [usage.inputTokens, usage.outputTokens],
    };
  },
  finishWords: ["end_turn", "tool_use"],
  errorMessage: (body) => body.message,
  streamErrorMessage: (events) => json(events.at(-1) ?? NO_EVENT).message,
};

function named(events: readonly WireEvent[], name: string): WireJson {
  return json(events.find((event) => event.name === name) ?? NO_EVENT);
}

const COHERE: WireCase = {
  path: "/v2/chat",
  streamPath: "/v2/chat",
  headers: {},
  body: { model: "m", messages: USER },
  streamMembers: { stream: true },
  toolMembers: { tools: OPENAI_TOOLS },
  plain: ({ message, finish_reason: finish, usage }) => ({
    text: (message.content ?? []).map((part: WireJson) => part.text ?? "").join(""),
    reasoning: (message.content ?? []).map((part: WireJson) => part.thinking ?? "").join(""),
    calls: (message.tool_calls ?? []).map((call: WireJson) => ({
      name: call.function.name,
      arguments: parsed(call.function.arguments),
    })),
    finish,
    usage: [usage.billed_units.input_tokens, usage.billed_units.output_tokens],
  }),
  stream: (events) => {
    const all = events.map(json);
    const calls = new Calls();
    for (const { type, index, delta } of all) {
      const called = delta?.message?.tool_calls;
      if (type === "tool-call-start") calls.start(index, called.function.name);
      else if (type === "tool-call-delta") calls.add(index, called.function.arguments);
    }
    const deltas = all
      .filter(({ type }) => type === "content-delta")
      .map(({ delta }) => delta.message.content);
    const { finish_reason: finish, usage } = named(events, "message-end").delta;
    return {
      text: deltas.map((content) => content.text ?? "").join(""),
      reasoning: deltas.map((content) => content.thinking ?? "").join(""),
      calls: calls.all,
      finish,
      usage: [usage.billed_units.input_tokens, usage.billed_units.output_tokens],
    };
  },
  finishWords: ["COMPLETE", "TOOL_CALL"],
  errorMessage: (body) => body.message,
  streamErrorMessage: (events) => named(events, "message-end").delta.error,
};

const OLLAMA: WireCase = {
  path: "/api/chat",
  streamPath: "/api/chat",
  headers: {},
  body: { model: "m", messages: USER, stream: false },
  streamMembers: { stream: true },
  toolMembers: { tools: OPENAI_TOOLS },
  plain: (answer) => ollamaHeard([answer]),
  stream: (events) => ollamaHeard(events.map(json)),
  finishWords: ["stop", "stop"],
  errorMessage: (body) => body.error,
  streamErrorMessage: (events) => json(events.at(-1) ?? NO_EVENT).error,
};

function ollamaHeard(lines: readonly WireJson[]): Heard {
  const last = lines.at(-1);
  return {
    text: lines.map(({ message }) => message.content).join(""),
    reasoning: lines.map(({ message }) => message.thinking ?? "").join(""),
    calls: lines
      .flatMap(({ message }) => message.tool_calls ?? [])
      .map(({ function: called }) => ({ name: called.name, arguments: called.arguments })),
    finish: last.done_reason,
    usage: [last.prompt_eval_count, last.eval_count],
  };
}

const RESPONSES: WireCase = {
  path: "/v1/responses",
  streamPath: "/v1/responses",
  headers: {},
  body: { model: "m", input: USER, reasoning: { summary: "auto" } },
  streamMembers: { stream: true },
  toolMembers: { tools: NAMES.map((name) => ({ type: "function", name, parameters: SCHEMA })) },
  plain: (response) => responseHeard(response),
  stream: (events) => {
    const all = events.map(json);
    const deltas = (type: string): string =>
      all
        .filter((event) => event.type === type)
        .map(({ delta }) => delta)
        .join("");
    const calls = new Calls();
    for (const event of all) {
      if (event.type === "response.output_item.added" && event.item.type === "function_call") {
        calls.start(event.output_index, event.item.name);
      }
      if (event.type === "response.function_call_arguments.delta") calls.add(event.output_index, event.delta);
    }
    const { finish, usage } = responseHeard(all.at(-1).response);
    return {
      text: deltas("response.output_text.delta"),
      reasoning: deltas("response.reasoning_summary_text.delta"),
      calls: calls.all,
      finish,
      usage,
    };
  },
  finishWords: ["completed", "completed"],
  errorMessage: (body) => body.error.message,
  streamErrorMessage: (events) => json(events.at(-1) ?? NO_EVENT).response.error.message,
};

function responseHeard({ output, status, usage }: WireJson): Heard {
  const textOf = (item: WireJson, member: string): string =>
    (item[member] ?? []).map((part: WireJson) => part.text).join("");
  return {
    text: output.map((item: WireJson) => textOf(item, "content")).join(""),
    reasoning: output.map((item: WireJson) => textOf(item, "summary")).join(""),
    calls: output
      .filter((item: WireJson) => item.type === "function_call")
      .map((item: WireJson) => ({ name: item.name, arguments: parsed(item.arguments) })),
    finish: status,
    usage: [usage.input_tokens, usage.output_tokens],
  };
}

/** Every wire that generates text. */
export const WIRE_CASES: Readonly<Record<string, WireCase>> = {
  "openai chat": OPENAI,
  "openai responses": RESPONSES,
  "anthropic messages": ANTHROPIC,
  "gemini events": GEMINI,
  "gemini array": { ...GEMINI, streamPath: "/v1beta/models/m:streamGenerateContent" },
  "bedrock converse": BEDROCK,
  "cohere chat": COHERE,
  "ollama chat": OLLAMA,
};
