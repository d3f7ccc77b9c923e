import type { AssistantPart, ChatAnswer, TokenLogprob } from "@headrace/core/canonical/chat";
import type {
  ImagePart,
  OpaquePart,
  RefusalPart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
} from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts } from "@headrace/core/wire/chat-codec";
import { parseJsonObject } from "../../json/read.ts";
import { writeAnnotation } from "./annotations.ts";
import { ENDING_BY_FINISH } from "./finish-reasons.ts";
import {
  callItem,
  callItemKind,
  type ItemStatus,
  imageAsText,
  imageItem,
  messageItem,
  reasoningItem,
  refusalContent,
  ThinkingForCalls,
  textContent,
  toolNaming,
  writeLogprob,
} from "./output-items.ts";
import { encryptSignature, encryptThinking } from "./reasoning-state.ts";
import { type ResponseHead, responseHead, responseMembers } from "./response-object.ts";
import { emulatedItemId } from "./stored-id.ts";

/**
 * Writes a whole response (OpenAI API reference, "The response object"); of several choices, which this wire has not, the
 * first. Its ids are the gateway's own, since it is the gateway that keeps it.
 */
export function encodeOpenAiResponsesAnswer(answer: ChatAnswer, call: ChatCallFacts): JsonObject {
  const head = responseHead(answer, call);
  const choice = answer.choices[0];
  const ending = ENDING_BY_FINISH[choice?.finish ?? "other"];
  const sameWire = answer.wire === "openai-responses";
  const output = new OutputBuilder(head, {
    sameWire,
    isCut: ending.status !== "completed",
    // Of the whole choice, so they stand with its first text.
    logprobs: choice?.logprobs ?? [],
  });
  for (const part of choice?.parts ?? []) output.add(part);
  return {
    ...responseMembers(head, { ...ending, usage: answer.usage }),
    output: output.finish(),
    ...head.echo.fields,
    ...(sameWire ? answer.extra : {}),
  };
}

interface OutputTraits {
  readonly sameWire: boolean;
  /** The answer was ended before the model did. */
  readonly isCut: boolean;
  readonly logprobs: readonly TokenLogprob[];
}

class OutputBuilder {
  readonly #head: ResponseHead;
  readonly #traits: OutputTraits;
  readonly #items: JsonObject[] = [];
  readonly #carried = new ThinkingForCalls();
  /** Content of the message that is being gathered. */
  #content: JsonObject[] = [];
  /** Proofs of its texts, which follow it. */
  #proofs: string[] = [];
  #logprobs: readonly TokenLogprob[];

  constructor(head: ResponseHead, traits: OutputTraits) {
    this.#head = head;
    this.#traits = traits;
    this.#logprobs = traits.logprobs;
  }

  add(part: AssistantPart): void {
    switch (part.type) {
      case "text":
        this.#text(part);
        return;
      case "refusal":
        this.#refusal(part);
        return;
      case "thinking":
        this.#thinking(part);
        return;
      case "tool-call":
        this.#call(part);
        return;
      case "image":
        this.#image(part);
        return;
      case "opaque":
        this.#opaque(part);
        return;
      case "audio":
        return; // not in this wire's answers
    }
  }

  finish(): readonly JsonObject[] {
    this.#closeMessage(this.#traits.isCut ? "incomplete" : "completed");
    return this.#items;
  }

  #text({ text, citations = [], signature, extra }: TextPart): void {
    if (text === "" && this.#content.length === 0 && signature === undefined) return;
    const content = textContent({
      text,
      annotations: citations.map((citation) => writeAnnotation(citation, text.length)),
      logprobs: this.#logprobs.map(writeLogprob),
    });
    this.#logprobs = [];
    if (text !== "") this.#content.push(this.#traits.sameWire ? { ...extra, ...content } : content);
    if (signature !== undefined && this.#head.echo.encrypted) this.#proofs = [encryptSignature(signature)];
  }

  #refusal({ text }: RefusalPart): void {
    if (text !== "") this.#content.push(refusalContent(text));
  }

  #thinking({ text, signature, redacted }: ThinkingPart): void {
    this.#closeMessage("completed");
    const thinking = {
      text,
      ...(signature === undefined ? {} : { signature }),
      ...(redacted === undefined ? {} : { redacted }),
    };
    const { encrypted } = this.#head.echo;
    if (!encrypted) this.#carried.add(thinking);
    this.#items.push(
      reasoningItem(this.#nextId("rs"), text, encrypted ? encryptThinking(thinking) : undefined),
    );
  }

  #call({ id, name, argumentsJson: given, signature }: ToolCallPart): void {
    this.#closeMessage("completed");
    const naming = toolNaming(name, this.#head.echo);
    const argumentsJson = given.trim() === "" ? "{}" : given;
    const isHalf = this.#traits.isCut && parseJsonObject(argumentsJson) === null;
    this.#items.push(
      callItem({
        id: this.#nextId(callItemKind(naming)),
        status: isHalf ? "incomplete" : "completed",
        callId: this.#carried.packInto(id, signature),
        naming,
        argumentsJson,
      }),
    );
  }

  #image({ source }: ImagePart): void {
    if (source.kind === "url")
      this.#content.push(textContent({ text: imageAsText(source.url), annotations: [], logprobs: [] }));
    if (source.kind !== "base64") return;
    this.#closeMessage("completed");
    this.#items.push(imageItem(this.#nextId("ig"), source.data));
  }

  #opaque({ wire, raw }: OpaquePart): void {
    if (wire !== "openai-responses" || !isJsonObject(raw)) return;
    this.#closeMessage("completed");
    this.#items.push(raw);
  }

  #closeMessage(status: ItemStatus): void {
    if (this.#content.length === 0) return;
    this.#items.push(messageItem(this.#nextId("msg"), status, this.#content));
    this.#content = [];
    for (const proof of this.#proofs) this.#items.push(reasoningItem(this.#nextId("rs"), "", proof));
    this.#proofs = [];
  }

  #nextId(kind: string): string {
    return emulatedItemId(kind, this.#head.id, this.#items.length);
  }
}
