import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import fc from "fast-check";
import { FormScanner, onlyModel } from "./form-scanner.ts";

const SEED = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW";

interface Part {
  readonly head: string;
  readonly body: string | Buffer;
}

const MODEL: Part = { head: 'Content-Disposition: form-data; name="model"', body: "whisper-1" };
const FILE: Part = {
  head: 'Content-Disposition: form-data; name="file"; filename="a \\b; name=model.mp3"\r\nContent-Type: audio/mpeg',
  body: Buffer.concat([Buffer.from("\r\n--\r\n\r\n--not it"), Buffer.from([0, 255, 13, 10, 45, 45, 13])]),
};
const EMPTY: Part = { head: "content-disposition: FORM-DATA; name=prompt", body: "" };

function formOf(parts: readonly Part[], boundary = BOUNDARY): Buffer {
  const pieces = parts.flatMap(({ head, body }) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** What comes out, with the model's place marked, and the model. */
function scan(
  pieces: readonly Buffer[],
  boundary = BOUNDARY,
): { readonly out: string; readonly models: string[] } {
  const out: string[] = [];
  const models: string[] = [];
  const scanner = new FormScanner(boundary, {
    onBytes: (bytes) => out.push(bytes.toString("latin1")),
    wanted: onlyModel,
    onValue: (_name, model) => {
      models.push(model);
      out.push("<MODEL>");
    },
  });
  for (const piece of pieces) scanner.push(piece);
  scanner.end();
  return { out: out.join(""), models };
}

function expected(form: Buffer): string {
  return form
    .toString("latin1")
    .replace('name="model"\r\n\r\nwhisper-1\r\n', 'name="model"\r\n\r\n<MODEL>\r\n');
}

const GOOD: readonly (readonly [string, readonly Part[]])[] = [
  ["the model first", [MODEL, FILE, EMPTY]],
  ["the model last, as SDKs send it", [FILE, EMPTY, MODEL]],
  ["the model in the middle", [EMPTY, MODEL, FILE]],
];

for (const [name, parts] of GOOD) {
  test(`finds the model at every split: ${name}`, () => {
    const form = formOf(parts);
    const want = { out: expected(form), models: ["whisper-1"] };
    assert.deepEqual(scan([form]), want);
    assert.deepEqual(scan(Array.from(form, (byte) => Buffer.from([byte]))), want);
    for (let at = 1; at < form.length; at++)
      assert.deepEqual(scan([form.subarray(0, at), form.subarray(at)]), want, `split at ${at}`);
  });
}

test("whatever the cuts, the same comes out", () => {
  const form = formOf([FILE, EMPTY, FILE, MODEL, EMPTY]);
  const want = { out: expected(form), models: ["whisper-1"] };
  const cuts = fc.array(fc.integer({ min: 0, max: form.length }), { maxLength: 12 });
  fc.assert(
    fc.property(cuts, (at) => {
      const sorted = [0, ...at.sort((a, b) => a - b), form.length];
      const pieces = sorted.slice(1).map((end, i) => form.subarray(sorted[i], end));
      assert.deepEqual(scan(pieces), want);
    }),
    { seed: SEED },
  );
});

test("a form without a model is no error here", () => {
  const form = formOf([FILE, EMPTY]);
  assert.deepEqual(scan([form]), { out: form.toString("latin1"), models: [] });
});

function codeOf(form: Buffer, boundary = BOUNDARY): string {
  const codes = [[form], Array.from(form, (byte) => Buffer.from([byte]))].map((pieces) => {
    try {
      scan(pieces, boundary);
      return "none";
    } catch (error) {
      return (error as GatewayError).code;
    }
  });
  assert.equal(codes[0], codes[1], "whole and byte by byte");
  return codes[0] ?? "";
}

const named = (name: string): Part => ({ head: `Content-Disposition: form-data; ${name}`, body: "x" });
const raw = (text: string): Buffer => Buffer.from(text.replaceAll("B~", `--${BOUNDARY}`), "latin1");

const HOSTILE: readonly (readonly [string, Buffer, string])[] = [
  ["no final boundary", formOf([MODEL, FILE]).subarray(0, -6), "malformed_form"],
  ["nothing at all", Buffer.alloc(0), "malformed_form"],
  ["another boundary", formOf([MODEL], "other"), "malformed_form"],
  ["a preamble", Buffer.concat([Buffer.from("hi\r\n"), formOf([MODEL])]), "malformed_form"],
  ["an epilogue", Buffer.concat([formOf([MODEL]), Buffer.from("more")]), "malformed_form"],
  ["a second form behind", Buffer.concat([formOf([MODEL]), formOf([MODEL])]), "malformed_form"],
  ["a boundary with blanks behind", raw("B~ \r\nA: b\r\n\r\nx\r\nB~--"), "malformed_form"],
  ["bare line feeds", raw('B~\nContent-Disposition: form-data; name="a"\n\nx\nB~--\n'), "malformed_form"],
  [
    "a boundary inside of data",
    formOf([{ ...MODEL, head: EMPTY.head, body: `x\n--${BOUNDARY}\n` }]),
    "malformed_form",
  ],
  ["a boundary right behind a head", raw(`B~\r\n${EMPTY.head}\r\n\r\nB~--`), "malformed_form"],
  ["two models", formOf([MODEL, FILE, MODEL]), "duplicate_field"],
  ["an empty model", formOf([{ ...MODEL, body: "" }]), "invalid_field"],
  ["a model without end", formOf([{ ...MODEL, body: "x".repeat(10_000) }]), "invalid_field"],
  ["a model that is no UTF-8", formOf([{ ...MODEL, body: Buffer.from([0xff, 0xfe]) }]), "invalid_field"],
  ["a head without end", raw(`B~\r\nA: ${"x".repeat(100_000)}`), "malformed_form"],
  ["a head of many lines", formOf([{ head: "A: b\r\n".repeat(5_000), body: "" }]), "malformed_form"],
  ["very many parts", formOf(Array.from({ length: 1_001 }, () => EMPTY)), "malformed_form"],
  ["a part without a head", raw("B~\r\n\r\nx\r\nB~--"), "malformed_form"],
  ["a part without a name", formOf([named('filename="a"')]), "malformed_form"],
  [
    "a part that is no form-data",
    formOf([{ head: 'Content-Disposition: file; name="a"', body: "" }]),
    "malformed_form",
  ],
  ["a name twice", formOf([named('name="a"; name="model"')]), "malformed_form"],
  ["a name in two forms", formOf([named("name=\"a\"; name*=utf-8''model")]), "malformed_form"],
  ["nested quotes", formOf([named('name="a"; filename="b\\"; name=\\"model\\""')]), "malformed_form"],
  ["quotes without end", formOf([named('name="a; filename=b')]), "malformed_form"],
  ["an escaped name", formOf([named('name="mo\\del"')]), "malformed_form"],
  ["a name that some trim", formOf([named('name=" model"')]), "malformed_form"],
  ["a name in capitals", formOf([named('name="Model"')]), "malformed_form"],
  ["a name that some decode", formOf([named('name="mod%65l"')]), "malformed_form"],
  ["a model that is a file", formOf([named('name="model"; filename="m"')]), "malformed_form"],
  [
    "a model in base64",
    formOf([{ ...MODEL, head: `${MODEL.head}\r\nContent-Transfer-Encoding: base64` }]),
    "malformed_form",
  ],
  [
    "a folded header",
    formOf([{ head: 'Content-Disposition: form-data;\r\n name="a"', body: "" }]),
    "malformed_form",
  ],
  ["a header twice", formOf([{ ...EMPTY, head: `${EMPTY.head}\r\n${MODEL.head}` }]), "malformed_form"],
  ["a zero byte in a head", formOf([named('name="model\0"')]), "malformed_form"],
  [
    "a blank before a colon",
    formOf([{ head: 'Content-Disposition : form-data; name="a"', body: "" }]),
    "malformed_form",
  ],
];

for (const [name, form, code] of HOSTILE) {
  test(`refuses ${name}`, () => assert.equal(codeOf(form), code));
}

test("a boundary that could be a header is none inside of a head", () => {
  const form = Buffer.from(
    '--a:b\r\nContent-Disposition: form-data; name="x"\r\n--a:b\r\nX: y\r\n\r\nz\r\n--a:b--',
  );
  assert.equal(codeOf(form, "a:b"), "malformed_form");
});

test("the shortest boundary works", () => {
  const form = formOf([MODEL], "b");
  assert.deepEqual(scan([form], "b").models, ["whisper-1"]);
});
