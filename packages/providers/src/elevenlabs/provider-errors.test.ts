import assert from "node:assert/strict";
import { test } from "node:test";
import { readElevenLabsError } from "./provider-errors.ts";

const CASES: readonly (readonly [string, unknown, string, string | null, string | null])[] = [
  [
    "its own",
    { detail: { status: "voice_not_found", message: "A voice with the ID weir was not found." } },
    "A voice with the ID weir was not found.",
    "voice_not_found",
    null,
  ],
  [
    "of a body that is not valid",
    { detail: [{ type: "missing", loc: ["body", "voice_settings", "speed"], msg: "Field required" }] },
    "Field required",
    "missing",
    "voice_settings.speed",
  ],
  ["a sentence", { detail: "Not Found" }, "Not Found", null, null],
  ["no words", { detail: {} }, "The provider answered with status 418 and no words.", null, null],
  ["no JSON", undefined, "The provider answered with status 418 and no words.", null, null],
];
for (const [name, body, message, code, param] of CASES)
  test(`ElevenLabs errors: ${name}`, () =>
    assert.deepEqual(readElevenLabsError(418, body), { message, code, param }));
