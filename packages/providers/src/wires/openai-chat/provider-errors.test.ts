import assert from "node:assert/strict";
import { test } from "node:test";
import { readOpenAiError } from "./provider-errors.ts";

/** Bodies that no fixture has, with message, code and param. */
const BODIES: readonly (readonly [string, unknown, string, string | null, string | null])[] = [
  ["Hugging Face's text", { error: "Model is loading" }, "Model is loading", null, null],
  ["Hugging Face's list", { error: ["Not a chat model", "x"] }, "Not a chat model", null, null],
  [
    "vLLM's older form",
    { object: "error", message: "Too long", type: "BadRequestError", param: null, code: 400 },
    "Too long",
    "BadRequestError",
    null,
  ],
  ["Mistral's text", { message: "Unauthorized", request_id: "r" }, "Unauthorized", null, null],
  ["FastAPI's text", { detail: "Not Found" }, "Not Found", null, null],
  [
    "FastAPI's list",
    { detail: [{ loc: ["body", "messages", 0], msg: "Field required", type: "missing" }] },
    "Field required (body.messages.0)",
    null,
    "0",
  ],
  [
    "Google's list",
    [{ error: { code: 400, message: "Bad", status: "INVALID_ARGUMENT" } }],
    "Bad",
    "400",
    null,
  ],
  [
    "Cloudflare's list",
    { success: false, errors: [{ message: "No such model", code: 5007 }] },
    "No such model",
    "5007",
    null,
  ],
];

for (const [name, body, message, code, param] of BODIES) {
  test(`OpenAI errors: ${name}`, () => {
    assert.deepEqual(readOpenAiError(400, body), { message, code, param });
  });
}
