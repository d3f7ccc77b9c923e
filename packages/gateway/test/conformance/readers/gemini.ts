import { type FinishWords, finishOf, parsedArguments, type Reader, type Said } from "../said.ts";
import { at, countAt, lastOf, listAt, textAt } from "./json-path.ts";

const FINISHES: FinishWords = {
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content-filter",
  RECITATION: "content-filter",
  BLOCKLIST: "content-filter",
  PROHIBITED_CONTENT: "content-filter",
  SPII: "content-filter",
  IMAGE_SAFETY: "content-filter",
  BLOCKED: "content-filter",
  MALFORMED_FUNCTION_CALL: "error",
};

/** A plain answer and each event of a stream have the same shape. */
export const gemini: Reader = { plain: (body) => said([body]), stream: said };

function said(bodies: readonly unknown[]): Said {
  const parts = bodies.flatMap((body) => listAt(body, "candidates", 0, "content", "parts"));
  const calls = parts
    .filter((part) => at(part, "functionCall") !== undefined)
    .map((part) => ({
      name: textAt(part, "functionCall", "name"),
      arguments: parsedArguments(at(part, "functionCall", "args")),
    }));
  const usage = lastOf(bodies.map((body) => at(body, "usageMetadata")));
  const blocked = bodies.some((body) => at(body, "promptFeedback", "blockReason") !== undefined);
  const word = lastOf(bodies.map((body) => at(body, "candidates", 0, "finishReason")));
  const finish = typeof word === "string" ? word : blocked ? "BLOCKED" : "";
  const reasoning = countAt(usage, "thoughtsTokenCount") ?? 0;
  const output = (countAt(usage, "candidatesTokenCount") ?? 0) + reasoning;
  const cacheRead = countAt(usage, "cachedContentTokenCount") ?? 0;
  const input = (countAt(usage, "promptTokenCount") ?? 0) + (countAt(usage, "toolUsePromptTokenCount") ?? 0);
  const error = lastOf(bodies.map((body) => at(body, "error")));
  return {
    text: parts.map((part) => (at(part, "thought") === true ? "" : textAt(part, "text"))).join(""),
    calls,
    finish: finishOf(finish, FINISHES, calls),
    tokens: usage === undefined ? null : { input, cacheRead, cacheWrite: null, output, reasoning },
    failure: error === undefined ? null : textAt(error, "message"),
    own: { finish, output, cacheRead },
  };
}
