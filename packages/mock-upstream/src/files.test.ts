import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "./server.ts";
import type { WireJson } from "./testing/raw-client.ts";

let mock: Mock;
before(async () => {
  mock = await startMock();
});
after(() => mock.close());

async function call(
  method: string,
  path: string,
  body?: object | FormData,
): Promise<{ status: number; body: WireJson }> {
  const sent = body === undefined || body instanceof FormData ? (body ?? null) : JSON.stringify(body);
  const response = await fetch(mock.url + path, { method, body: sent });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
}

function upload(text: string, purpose: string = "batch"): Promise<{ status: number; body: WireJson }> {
  const form = new FormData();
  form.append("purpose", purpose);
  form.append("file", new Blob([text]), "in.jsonl");
  return call("POST", "/files", form);
}

test("a file is kept with its content until it is deleted", async () => {
  const { body: file } = await upload("one\ntwo\n", "user_data");
  assert.deepEqual(
    [file.object, file.bytes, file.filename, file.purpose],
    ["file", 8, "in.jsonl", "user_data"],
  );
  assert.deepEqual((await call("GET", `/files/${file.id}`)).body, file);
  assert.ok((await call("GET", "/files")).body.data.some((listed: WireJson) => listed.id === file.id));
  const content = await fetch(`${mock.url}/files/${file.id}/content`);
  assert.equal(await content.text(), "one\ntwo\n");
  assert.equal((await call("DELETE", `/files/${file.id}`)).body.deleted, true);
  const gone = await call("GET", `/files/${file.id}`);
  assert.deepEqual([gone.status, gone.body.error.message], [404, `No such File object: ${file.id}`]);
});

test("only so many files are kept", async () => {
  const first = (await upload("x")).body.id;
  for (let index = 0; index < 100; index += 1) await upload("x");
  assert.equal((await call("GET", `/files/${first}`)).status, 404);
  assert.equal((await call("GET", "/files")).body.data.length, 100);
});

test("a batch is done when it is looked at, with a line for each request", async () => {
  const lines = ["a", "b"].map((id) => JSON.stringify({ custom_id: id, body: { model: "m" } }));
  const input = (await upload(lines.join("\n"))).body;
  const asked = { input_file_id: input.id, endpoint: "/v1/chat/completions", completion_window: "24h" };
  const { body: batch } = await call("POST", "/batches", asked);
  assert.deepEqual([batch.status, batch.request_counts.total], ["validating", 2]);
  const done = (await call("GET", `/batches/${batch.id}`)).body;
  assert.deepEqual([done.status, done.request_counts.completed], ["completed", 2]);
  const output = await (await fetch(`${mock.url}/files/${done.output_file_id}/content`)).text();
  const ids = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).custom_id);
  assert.deepEqual(ids, ["a", "b"]);
  assert.equal((await call("GET", "/batches")).body.data[0].id, batch.id);
  const { body: second } = await call("POST", "/batches", asked);
  assert.equal((await call("POST", `/batches/${second.id}/cancel`)).body.status, "cancelled");
  assert.equal((await call("GET", `/batches/${second.id}`)).body.status, "cancelled");
});

test("a batch without its file, and one that is not there, are refused", async () => {
  const asked = { input_file_id: "file-x", endpoint: "/v1/chat/completions", completion_window: "24h" };
  const { status, body } = await call("POST", "/batches", asked);
  assert.deepEqual([status, body.error.param], [400, "input_file_id"]);
  assert.equal((await call("GET", "/batches/batch_x")).status, 404);
  assert.equal((await call("POST", "/batches", {})).status, 400);
});
