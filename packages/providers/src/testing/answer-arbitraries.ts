/** Answers and streams of every kind, for the tests of client codecs: what is written must be read again. */
import type { AssistantPart, FinishReason } from "@headrace/core/canonical/chat";
import { NO_EXTRA, type Signature } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import fc from "fast-check";

/** Objects like those of `JSON.parse`, which strict comparison tells from those without a prototype. */
function record<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model).map((value) => ({ ...value }));
}

const words: fc.Arbitrary<string> = fc
  .string({ unit: "binary", minLength: 1, maxLength: 12 })
  .filter((text) => text.isWellFormed());
export const toolName: fc.Arbitrary<string> = fc
  .stringMatching(/^[a-z_][a-zA-Z0-9_]{0,20}$/)
  .filter((text) => text !== "__proto__");

const foreign = fc.constantFrom("gemini" as const, "openai" as const);
const signature: fc.Arbitrary<Signature> = record({
  signer: fc.oneof(fc.constant("anthropic" as const), foreign),
  value: fc.base64String({ minLength: 4, maxLength: 24 }).filter((text) => !text.startsWith("X190aG91Z2h0")),
});

const count = fc.nat({ max: 100_000 });
/** What a wire can say that has one sum for the output. */
export const usage: fc.Arbitrary<TokenUsage> = record({
  uncachedInput: count,
  cacheReadInput: count,
  cacheWrite5mInput: count,
  cacheWrite1hInput: count,
  visibleOutput: count,
  reasoningOutput: fc.constant(0),
});

interface Call {
  readonly name: string;
  readonly argumentsJson: string;
  readonly signature: Signature | null;
}

const call: fc.Arbitrary<Call> = record({
  name: toolName,
  argumentsJson: fc
    .option(fc.dictionary(toolName, fc.jsonValue(), { noNullPrototype: true }), { nil: null })
    .map((args) => (args === null ? "" : JSON.stringify(args))),
  signature: fc.option(signature, { nil: null }),
});

type Step =
  | {
      readonly kind: "text" | "thought";
      readonly pieces: readonly string[];
      readonly proof: Signature | null;
    }
  | { readonly kind: "hidden"; readonly proof: Signature }
  /** Calls whose pieces come in any order; `order` picks the next call. */
  | { readonly kind: "calls"; readonly calls: readonly Call[]; readonly order: readonly number[] };

const pieces = fc.array(words, { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  record({ kind: fc.constant("text" as const), pieces, proof: fc.constant(null) }),
  record({ kind: fc.constant("thought" as const), pieces, proof: fc.option(signature, { nil: null }) }),
  record({ kind: fc.constant("hidden" as const), proof: signature }),
  record({
    kind: fc.constant("calls" as const),
    calls: fc.array(call, { minLength: 1, maxLength: 4 }),
    order: fc.array(fc.nat(3), { maxLength: 40 }),
  }),
);

export interface StreamedAnswer {
  readonly events: readonly Exclude<ChatStreamEvent, { type: "error" }>[];
}

/** Any stream that a provider's decoder may give: usage before or after the finish, pieces of calls in any order. */
export const streamedAnswer: fc.Arbitrary<StreamedAnswer> = record({
  steps: fc.array(step, { maxLength: 6 }),
  usage,
  usageFirst: fc.boolean(),
  reason: fc.constantFrom<FinishReason>("stop", "length", "content-filter"),
}).map(({ steps, usage: counts, usageFirst, reason }) => {
  const report = { type: "usage", usage: counts } as const;
  const calls = steps.some(({ kind }) => kind === "calls");
  return {
    events: [
      { type: "start", id: "id-1", model: "weir", createdAtSeconds: null },
      ...new StepWriter().write(steps),
      ...(usageFirst ? [report] : []),
      { type: "finish", choice: 0, reason: calls && reason === "stop" ? "tool-calls" : reason },
      ...(usageFirst ? [] : [report]),
    ],
  };
});

type ContentEvent = Extract<
  ChatStreamEvent,
  { type: "text-delta" | "thinking-delta" | "tool-call-start" | "tool-call-delta" }
>;

class StepWriter {
  readonly #events: ContentEvent[] = [];
  #calls = 0;

  write(steps: readonly Step[]): readonly ContentEvent[] {
    for (const one of steps) this.#step(one);
    return this.#events;
  }

  #step(one: Step): void {
    if (one.kind === "calls") this.#callsOf(one);
    else if (one.kind === "hidden")
      this.#events.push({ type: "thinking-delta", choice: 0, text: "", redacted: one.proof });
    else {
      const type = one.kind === "text" ? "text-delta" : "thinking-delta";
      for (const text of one.pieces) this.#events.push({ type, choice: 0, text });
      if (one.proof !== null)
        this.#events.push({ type: "thinking-delta", choice: 0, text: "", signature: one.proof });
    }
  }

  #callsOf({ calls, order }: Extract<Step, { kind: "calls" }>): void {
    const queues = calls.map((one) => this.#queueOf(one));
    for (const pick of [...order, ...calls.flatMap((_, index) => new Array<number>(64).fill(index))]) {
      const event = queues[pick % queues.length]?.shift();
      if (event !== undefined) this.#events.push(event);
    }
  }

  #queueOf({ name, argumentsJson, signature: proof }: Call): ContentEvent[] {
    const index = this.#calls++;
    const start = { type: "tool-call-start", choice: 0, index, id: `call_${index}`, name } as const;
    const third = Math.ceil(argumentsJson.length / 3);
    const cut = [0, 1, 2].map((at) => argumentsJson.slice(at * third, (at + 1) * third));
    return [
      proof === null ? start : { ...start, signature: proof },
      ...cut
        .filter((piece) => piece !== "")
        .map((piece) => ({ type: "tool-call-delta", choice: 0, index, argumentsJson: piece }) as const),
    ];
  }
}

/** What a stream says, however it is cut into deltas. */
export interface Said {
  readonly text: string;
  /** Blocks of thinking; unsigned ones behind each other are one. */
  readonly thinking: readonly { readonly text: string; readonly proof?: Signature; readonly hidden?: true }[];
  readonly calls: readonly {
    readonly id: string;
    readonly name: string;
    readonly arguments: unknown;
  }[];
  readonly finish: FinishReason | null;
  readonly usage: TokenUsage | null;
}

export function saidBy(events: readonly ChatStreamEvent[]): Said {
  const thinking: Said["thinking"][number][] = [];
  let open = "";
  let text = "";
  const close = (proof?: Signature): void => {
    if (open !== "" || proof !== undefined)
      thinking.push({ text: open, ...(proof === undefined ? {} : { proof }) });
    open = "";
  };
  for (const event of events) {
    if (event.type === "text-delta") text += event.text;
    if (event.type !== "thinking-delta") continue;
    open += event.text;
    if (event.redacted !== undefined) {
      close();
      thinking.push({ text: "", proof: event.redacted, hidden: true });
    } else if (event.signature !== undefined) close(event.signature);
  }
  close();
  const starts = events.filter((event) => event.type === "tool-call-start");
  return {
    text,
    thinking,
    calls: starts.map(({ index, id, name }) => ({ id, name, arguments: argumentsOf(events, index) })),
    finish: events.findLast((event) => event.type === "finish")?.reason ?? null,
    usage: events.findLast((event) => event.type === "usage")?.usage ?? null,
  };
}

function argumentsOf(events: readonly ChatStreamEvent[], index: number): unknown {
  const json = events
    .map((event) => (event.type === "tool-call-delta" && event.index === index ? event.argumentsJson : ""))
    .join("");
  return JSON.parse(json === "" ? "{}" : json);
}

/** The parts of a whole answer; text and thinking never stand behind their like, for a wire may join them. */
export const answerParts: fc.Arbitrary<readonly AssistantPart[]> = fc
  .array(
    fc.oneof(
      record({ type: fc.constant("text" as const), text: words, extra: fc.constant(NO_EXTRA) }),
      record({
        type: fc.constant("thinking" as const),
        text: words,
        signature,
        extra: fc.constant(NO_EXTRA),
      }),
      record({
        type: fc.constant("tool-call" as const),
        id: fc.uuid(),
        name: toolName,
        argumentsJson: fc
          .dictionary(toolName, fc.jsonValue(), { noNullPrototype: true })
          .map((args) => JSON.stringify(args)),
        extra: fc.constant(NO_EXTRA),
      }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.filter((part, at) => part.type === "tool-call" || parts[at - 1]?.type !== part.type));
