import { isJsonObject, type JsonObject, objectsOf } from "../json.ts";
import { canonicalJson, isIssued, isSignatureOf } from "../signature.ts";
import { member } from "./member.ts";

/** Under what the signature beside a functionCall is issued: it belongs to this very call. */
export const GEMINI_CALL_SIGNER = "gemini-call";
/** Under what the signature at the end of a text is issued. */
export const GEMINI_TEXT_SIGNER = "gemini-text";

/** What the signature of a call signs. */
export function callContent(name: unknown, args: unknown): string {
  return canonicalJson([name, args ?? {}]);
}

/**
 * What is wrong with the signatures of a conversation: the first call of each step since the user last spoke has to
 * bring the one that was issued for it, and a text that brings one has to bring one that was issued.
 */
export function signaturesProblem(contents: readonly JsonObject[]): string | undefined {
  const lastAsked = contents.findLastIndex((content) => content.role !== "model" && !answersCalls(content));
  for (const [index, content] of contents.entries()) {
    if (content.role !== "model") continue;
    const sentence = partsProblem(objectsOf(content.parts), index, index > lastAsked);
    if (sentence !== undefined) return sentence;
  }
  return undefined;
}

function partsProblem(parts: readonly JsonObject[], index: number, mustSign: boolean): string | undefined {
  const firstCall = parts.findIndex((part) => member(part, "functionCall") !== undefined);
  for (const [at, part] of parts.entries()) {
    const call = member(part, "functionCall");
    const signature = member(part, "thoughtSignature");
    if (signature === undefined) {
      if (at !== firstCall || !mustSign || !isJsonObject(call)) continue;
      return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${String(call.name)}\` , position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`;
    }
    const valid = isJsonObject(call)
      ? isSignatureOf(GEMINI_CALL_SIGNER, callContent(call.name, call.args), signature)
      : isIssued(GEMINI_TEXT_SIGNER, signature);
    if (!valid) return "Thought signature is not valid.";
  }
  return undefined;
}

function answersCalls(content: JsonObject): boolean {
  return objectsOf(content.parts).some((part) => member(part, "functionResponse") !== undefined);
}
