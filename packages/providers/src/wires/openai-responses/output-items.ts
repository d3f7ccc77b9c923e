/** Items of a response's output (OpenAI API reference, "The response object", `output`). */
import { packToolCallId } from "@headrace/core/canonical/carried-state";
import type { TokenLogprob } from "@headrace/core/canonical/chat";
import type { Signature, ThinkingPart } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import type { ResponsesEcho, ToolNaming } from "./call-facts.ts";
import { unwrapInput } from "./freeform.ts";
import { isSigned } from "./reasoning-state.ts";

export type ItemStatus = "in_progress" | "completed" | "incomplete";

export function messageItem(id: string, status: ItemStatus, content: readonly JsonObject[]): JsonObject {
  return { id, type: "message", status, role: "assistant", content };
}

export interface OutputText {
  readonly text: string;
  readonly annotations: readonly JsonObject[];
  readonly logprobs: readonly JsonObject[];
}

export function textContent({ text, annotations, logprobs }: OutputText): JsonObject {
  return { type: "output_text", annotations, logprobs, text };
}

export function refusalContent(refusal: string): JsonObject {
  return { type: "refusal", refusal };
}

export function summaryPart(text: string): JsonObject {
  return { type: "summary_text", text };
}

/** @param encrypted - undefined where nobody has signed it, or the client would not give it back */
export function reasoningItem(id: string, text: string, encrypted: string | undefined): JsonObject {
  return {
    id,
    type: "reasoning",
    summary: text === "" ? [] : [summaryPart(text)],
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
  };
}

export function imageItem(id: string, base64: string): JsonObject {
  return { id, type: "image_generation_call", status: "completed", result: base64 };
}

/** An item holds an image itself; one that only has an address is told in Markdown. */
export function imageAsText(url: string): string {
  return `![image](${url})`;
}

export interface OutputCall {
  readonly id: string;
  readonly status: ItemStatus;
  readonly callId: string;
  readonly naming: ToolNaming;
  readonly argumentsJson: string;
}

export function callItem({ id, status, callId, naming, argumentsJson }: OutputCall): JsonObject {
  const name = {
    call_id: callId,
    name: naming.clientName,
    ...(naming.namespace === null ? {} : { namespace: naming.namespace }),
  };
  return naming.freeform
    ? { id, type: "custom_tool_call", status, input: unwrapInput(argumentsJson), ...name }
    : { id, type: "function_call", status, arguments: argumentsJson, ...name };
}

/** The kind of id that a call's item has. */
export function callItemKind({ freeform }: ToolNaming): string {
  return freeform ? "ctc" : "fc";
}

export function toolNaming(name: string, { tools }: ResponsesEcho): ToolNaming {
  return (
    tools.find((tool) => tool.name === name) ?? { name, clientName: name, namespace: null, freeform: false }
  );
}

/** OpenAI API reference, `logprobs` of `output_text`. */
export function writeLogprob({ token, logprob, top }: TokenLogprob): JsonObject {
  return {
    token,
    logprob,
    bytes: [...Buffer.from(token)],
    top_logprobs: top.map((other) => ({ ...other, bytes: [...Buffer.from(other.token)] })),
  };
}

/**
 * Thinking on its way into the id of the call behind it, for clients that give reasoning items back without their proofs,
 * or not at all.
 */
export class ThinkingForCalls {
  #pending: Pick<ThinkingPart, "text" | "signature" | "redacted">[] = [];

  add(thinking: Pick<ThinkingPart, "text" | "signature" | "redacted">): void {
    this.#pending.push(thinking);
  }

  /** The id for the client; thinking that nobody has signed needs no proof. */
  packInto(id: string, signature: Signature | undefined): string {
    const thinking = this.#pending.some(isSigned) ? this.#pending : [];
    this.#pending = [];
    return packToolCallId(id, { thinking, ...(signature === undefined ? {} : { signature }) });
  }
}
