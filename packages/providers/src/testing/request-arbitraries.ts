/** Conversations for the tests of wires that both clients and providers speak: what is written must be read again. */
import type { ChatMessage, FunctionTool, ToolChoice } from "@headrace/core/canonical/chat";
import {
  type ImagePart,
  NO_EXTRA,
  type TextPart,
  type ThinkingPart,
} from "@headrace/core/canonical/chat-parts";
import fc from "fast-check";
import { toolName } from "./answer-arbitraries.ts";

/** With a letter in it: blank texts are refused on some wires, and blanks at an end are cut. */
export const said: fc.Arbitrary<string> = fc
  .string({ unit: "binary", maxLength: 12 })
  .filter((text) => text.isWellFormed())
  .map((text) => `a${text}b`);

const textPart: fc.Arbitrary<TextPart> = said.map((text) => ({ type: "text", text, extra: NO_EXTRA }));

const imagePart: fc.Arbitrary<ImagePart> = fc
  .record({ type: fc.constantFrom("png", "jpeg"), data: fc.base64String({ minLength: 4 }) })
  .map(({ type, data }) => ({
    type: "image" as const,
    source: { kind: "base64", mediaType: `image/${type}`, data } as const,
    extra: NO_EXTRA,
  }));

interface Turn {
  readonly asked: readonly (TextPart | ImagePart)[];
  readonly steps: readonly Step[];
  readonly answered: TextPart;
}

interface Step {
  readonly thought: string;
  readonly calls: readonly { readonly name: string; readonly args: object; readonly result: string }[];
}

const step: fc.Arbitrary<Step> = fc.record({
  thought: said,
  calls: fc.array(
    fc.record({
      name: toolName,
      args: fc.dictionary(toolName, said, { noNullPrototype: true }),
      result: said,
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

export interface ConversationForm {
  /** What a turn with calls begins with. */
  readonly thought: (words: string) => ThinkingPart | TextPart;
  /** The user's turns may hold pictures. */
  readonly images: boolean;
  /** The wire knows results that are errors. */
  readonly marksErrors: boolean;
}

/** Turns of users and models, tool loops among them, that end with the user. */
export function conversation(form: ConversationForm): fc.Arbitrary<readonly ChatMessage[]> {
  const asked = fc.array(form.images ? fc.oneof(textPart, imagePart) : textPart, {
    minLength: 1,
    maxLength: 3,
  });
  const turn: fc.Arbitrary<Turn> = fc.record({
    asked,
    steps: fc.array(step, { maxLength: 3 }),
    answered: textPart,
  });
  return fc
    .record({
      system: fc.array(textPart, { maxLength: 2 }),
      turns: fc.array(turn, { maxLength: 3 }),
      last: asked,
    })
    .map(({ system, turns, last }) => {
      const writer = new TurnWriter(form);
      return [
        ...(system.length === 0 ? [] : [{ role: "system", parts: system, extra: NO_EXTRA } as const]),
        ...turns.flatMap((one) => writer.write(one)),
        { role: "user", parts: last, extra: NO_EXTRA },
      ];
    });
}

class TurnWriter {
  readonly #form: ConversationForm;
  #calls = 0;

  constructor(form: ConversationForm) {
    this.#form = form;
  }

  write({ asked, steps, answered }: Turn): ChatMessage[] {
    return [
      { role: "user", parts: asked, extra: NO_EXTRA },
      ...steps.flatMap((one) => this.#step(one)),
      { role: "assistant", parts: [answered], extra: NO_EXTRA },
    ];
  }

  #step({ thought, calls }: Step): ChatMessage[] {
    const ids = calls.map(() => `call_${this.#calls++}`);
    const made = calls.map(({ name, args }, at) => ({
      type: "tool-call" as const,
      id: ids[at] ?? "",
      name,
      argumentsJson: JSON.stringify(args),
      extra: NO_EXTRA,
    }));
    const results = calls.map(({ name, result }, at) => ({
      type: "tool-result" as const,
      callId: ids[at] ?? "",
      name,
      parts: [{ type: "text" as const, text: result, extra: NO_EXTRA }],
      isError: this.#form.marksErrors && at === 1,
      extra: NO_EXTRA,
    }));
    return [
      { role: "assistant", parts: [this.#form.thought(thought), ...made], extra: NO_EXTRA },
      { role: "tool", parts: results, extra: NO_EXTRA },
    ];
  }
}

export const functionTools: fc.Arbitrary<readonly FunctionTool[]> = fc.array(
  fc
    .record({ name: toolName, description: fc.option(said, { nil: undefined }) })
    .map(({ name, description }) => ({
      type: "function" as const,
      name,
      ...(description === undefined ? {} : { description }),
      parameters: { type: "object", properties: { a: { type: "string" } } },
      extra: NO_EXTRA,
    })),
  { minLength: 1, maxLength: 3 },
);

/** One that demands something: to leave it to the model is what saying nothing means. */
export const demandingChoice: fc.Arbitrary<ToolChoice> = fc.oneof(
  fc.constant({ type: "required" } as const),
  toolName.map((name) => ({ type: "tool", name }) as const),
);
