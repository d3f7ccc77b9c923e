import { type FinishWords, finishOf, parsedArguments, type Reader, type Said } from "../said.ts";
import { at, countAt, lastOf, listAt, textAt } from "./json-path.ts";

const FINISHES: FinishWords = { stop: "stop", length: "length" };

/** A plain answer and each line of a stream have the same shape. */
export const ollama: Reader = { plain: (body) => said([body]), stream: said };

function said(bodies: readonly unknown[]): Said {
  const calls = bodies
    .flatMap((body) => listAt(body, "message", "tool_calls"))
    .map((call) => ({
      name: textAt(call, "function", "name"),
      arguments: parsedArguments(at(call, "function", "arguments")),
    }));
  const last = bodies.findLast((body) => at(body, "done") === true);
  const finish = textAt(last, "done_reason");
  const input = countAt(last, "prompt_eval_count");
  const output = countAt(last, "eval_count");
  const error = lastOf(bodies.map((body) => at(body, "error")));
  const tokens = {
    input: input ?? 0,
    cacheRead: null,
    cacheWrite: null,
    output: output ?? 0,
    reasoning: null,
  };
  return {
    text: bodies.map((body) => textAt(body, "message", "content")).join(""),
    calls,
    finish: finishOf(finish, FINISHES, calls),
    tokens: input === null && output === null ? null : tokens,
    failure: typeof error === "string" ? error : null,
    own: { finish, output: output ?? 0, cacheRead: null },
  };
}
