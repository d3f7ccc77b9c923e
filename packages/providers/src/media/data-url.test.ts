import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDataUrl, writeDataUrl } from "./data-url.ts";

test("data URL: read and written again", () => {
  const source = { kind: "base64", mediaType: "image/png", data: "iVBORw0K" } as const;
  assert.deepEqual(parseDataUrl("data:image/png;base64,iVBORw0K"), source);
  assert.equal(writeDataUrl(source), "data:image/png;base64,iVBORw0K");
});

test("data URL: parameters are passed over, no type is plain text", () => {
  assert.deepEqual(parseDataUrl("DATA:Text/HTML;charset=utf-8;base64,PGI+"), {
    kind: "base64",
    mediaType: "text/html",
    data: "PGI+",
  });
  assert.equal(parseDataUrl("data:;base64,YQ==")?.mediaType, "text/plain");
});

test("data URL: anything else is none", () => {
  for (const url of ["https://a.example/i.png", "data:text/plain,hello", "data:image/png;base64", ""])
    assert.equal(parseDataUrl(url), null);
});
