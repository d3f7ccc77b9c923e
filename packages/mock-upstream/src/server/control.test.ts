import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "../server.ts";
import { rawPost, type WireJson } from "../testing/raw-client.ts";

let mock: Mock;
let control: string;
before(async () => {
  mock = await startMock();
  control = new URL("/__mock", mock.url).href;
});
after(() => mock.close());

const CHAT = { model: "m", messages: [] };

async function status(): Promise<number> {
  return (await rawPost({ port: mock.port, body: CHAT })).status;
}

async function setFaults(body: string): Promise<{ status: number; body: WireJson }> {
  const response = await fetch(`${control}/faults`, { method: "POST", body });
  return { status: response.status, body: await response.json() };
}

test("faults are set, counted and cleared over HTTP", async () => {
  assert.equal((await setFaults(JSON.stringify({ fault: "overloaded", times: 1 }))).status, 200);
  assert.deepEqual([await status(), await status()], [503, 200]);
  assert.equal((await setFaults(JSON.stringify({ status: 418 }))).status, 200);
  assert.deepEqual([await status(), await status()], [418, 418]);
  await fetch(`${control}/faults`, { method: "DELETE" });
  assert.equal(await status(), 200);
});

test("wrong faults are refused with the reason and change nothing", async () => {
  const cases: readonly (readonly [body: string, reason: RegExp])[] = [
    ["{", /could not parse/],
    ['{"fault":"nonsense"}', /there is no fault "nonsense"/],
    ['{"status":503,"times":0}', /times must be a whole number from 1/],
    ['{"framing":"close","encoding":"gzip"}', /framing close/],
  ];
  for (const [body, reason] of cases) {
    const answer = await setFaults(body);
    assert.equal(answer.status, 400);
    assert.match(answer.body.error.message, reason);
  }
  assert.equal(await status(), 200);
});

test("received requests are read and cleared over HTTP, control requests are not among them", async () => {
  await fetch(`${control}/received`, { method: "DELETE" });
  await status();
  const { counts, received }: WireJson = await (await fetch(`${control}/received`)).json();
  assert.deepEqual([counts.requests, received.length], [1, 1]);
  assert.equal(received[0].body, JSON.stringify(CHAT));
  assert.equal(received[0].finished, true);
  await fetch(`${control}/received`, { method: "DELETE" });
  assert.equal(mock.received.length, 0);
});
