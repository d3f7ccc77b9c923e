import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { EncodedTranscription, TranscriptionProviderCodec } from "@headrace/core/wire/audio-codec";
import fc from "fast-check";
import { FormTranslation } from "./form-translation.ts";

const SEED = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const FILE = Buffer.concat([
  Buffer.from("\r\n--\r\n\r\n--not it"),
  Buffer.from([0, 255, 13, 10, 45, 45, 13]),
]);

/** Shouts every field but the model, and refuses a whisper. */
const SHOUTING: TranscriptionProviderCodec = {
  wire: "elevenlabs-transcribe",
  encodeForm(fields, model): EncodedTranscription {
    if (fields.some(([name]) => name === "whisper"))
      throw new GatewayError("invalid_field", { param: "whisper" });
    const written = fields
      .filter(([name]) => name !== "model" && name !== "lost")
      .map(([name, value]) => [name.toUpperCase(), `${value}!`] as const);
    const lost = fields.some(([name]) => name === "lost") ? ["lost"] : [];
    const decodeAnswer = () => assert.fail("nothing was answered");
    return { fields: [["MODEL", model], ...written], lost, decodeAnswer };
  },
};

interface Part {
  readonly head: string;
  readonly body: string | Buffer;
}

const field = (name: string, body: string | Buffer): Part => ({
  head: `Content-Disposition: form-data; name="${name}"`,
  body,
});
const file = (name: string, body = FILE): Part => ({
  head: `Content-Disposition: form-data; name="${name}"; filename="a \\b.mp3"\r\nContent-Type: audio/mpeg`,
  body,
});

function formOf(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ head, body }) => [
    Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

/** In lent memory that is something else as soon as the next piece is asked for. */
async function* lent(pieces: readonly Buffer[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    const copy = Buffer.from(piece);
    yield copy;
    copy.fill(0x2a);
  }
}

interface Outcome {
  readonly form: Buffer;
  /** What was lost, each time that the fields were told. */
  readonly lost: string[];
  readonly error: GatewayError | null;
}

async function translate(pieces: readonly Buffer[]): Promise<Outcome> {
  const lost: string[] = [];
  let error: GatewayError | null = null;
  const translation = new FormTranslation(
    {
      onEncoded: (encoded) => lost.push(encoded.lost.join()),
      onUntranslatable: (reason) => {
        error = reason;
      },
    },
    { codec: SHOUTING, boundary: BOUNDARY, model: "scribe" },
  );
  const out: Buffer[] = [];
  try {
    for await (const piece of translation.translated(lent(pieces))) out.push(Buffer.from(piece));
  } catch (thrown) {
    assert.equal(thrown, error);
  }
  return { form: Buffer.concat(out), lost, error };
}

async function read(form: Buffer): Promise<[name: string, value: string][]> {
  const parsed = await new Response(new Uint8Array(form), {
    headers: { "content-type": CONTENT_TYPE },
  }).formData();
  return Promise.all(
    [...parsed].map(async ([name, value]): Promise<[string, string]> => {
      if (typeof value === "string") return [name, value];
      const bytes = Buffer.from(await value.arrayBuffer());
      return [name, `${value.name} ${value.type} ${bytes.toString("latin1")}`];
    }),
  );
}

const BEFORE: readonly Part[] = [field("lang", "dé")];
const BEHIND: readonly Part[] = [
  field("model", "whisper-1"),
  field("empty", ""),
  file("other"),
  field("lost", "x"),
];
const PARTS: readonly Part[] = [...BEFORE, file("file"), ...BEHIND];
const WRITTEN = [
  ["file", `a \\b.mp3 audio/mpeg ${FILE.toString("latin1")}`],
  ["MODEL", "scribe"],
  ["LANG", "dé!"],
  ["EMPTY", "!"],
  ["OTHER", "!"],
];

for (const [name, parts] of [
  ["the file in the middle", PARTS],
  ["the file last", [...BEFORE, ...BEHIND, file("file")]],
] as const)
  test(`a form is written anew, ${name}`, async () => {
    const { form, lost, error } = await translate([formOf(parts)]);
    assert.equal(error, null);
    assert.deepEqual(await read(form), WRITTEN);
    assert.equal(lost.at(-1), "lost");
  });

test("a form may come byte by byte", async () => {
  const bytes = formOf(PARTS);
  const cut = await translate(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)));
  assert.deepEqual(cut.form, (await translate([bytes])).form);
});

test("a form may be cut anywhere", async () => {
  const bytes = formOf(PARTS);
  const { form: whole } = await translate([bytes]);
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const ends = [0, ...at.toSorted((a, b) => a - b), bytes.length];
      const pieces = ends.slice(1).map((end, i) => bytes.subarray(ends[i], end));
      assert.deepEqual((await translate(pieces)).form, whole);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

const REFUSED: readonly (readonly [name: string, parts: readonly Part[], code: string, param?: string])[] = [
  ["no file", [field("lang", "de")], "missing_field", "file"],
  ["a file that is text", [field("file", "abc")], "missing_field", "file"],
  ["two files", [file("file"), file("file")], "duplicate_field", "file"],
  ["a field that the codec refuses", [file("file"), field("whisper", "1")], "invalid_field", "whisper"],
  ["a field that is too large", [file("file"), field("lang", "x".repeat(20_000))], "invalid_field", "lang"],
  ["a field that is no text", [file("file"), field("lang", Buffer.from([0xff]))], "invalid_field", "lang"],
  [
    "many large fields",
    [file("file"), ...Array.from({ length: 30 }, () => field("lang", "x".repeat(10_000)))],
    "malformed_form",
  ],
];
for (const [name, parts, code, param] of REFUSED)
  test(`${name} is refused, and the form never ends well`, async () => {
    const { form, error } = await translate([formOf(parts)]);
    assert.deepEqual([error?.code, error?.param], [code, param ?? null]);
    assert.doesNotMatch(form.toString("latin1"), new RegExp(`${BOUNDARY}--`));
  });

test("what the codec refuses before the file keeps the file from being sent", async () => {
  const { form, error } = await translate([formOf([field("whisper", "1"), file("file")])]);
  assert.equal(error?.code, "invalid_field");
  assert.equal(form.length, 0);
});
