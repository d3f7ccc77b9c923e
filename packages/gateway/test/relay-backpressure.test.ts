/** Relay rule 5: a slow client pauses the provider, in bounded memory, and gets all of its answer in the end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { after, before, test } from "node:test";
import { residentBytes } from "./support/process-memory.ts";
import { bodyOf, headersOf, type RawCall } from "./support/raw-call.ts";
import { type ScriptedGateway, startScriptedGateway } from "./support/scripted-gateway.ts";
import { chatEvent } from "./support/scripted-upstream.ts";
import { writeUntilPaused } from "./support/write-until-paused.ts";

const MEBIBYTE = 1024 * 1024;
const ANSWER_BYTES = 128 * MEBIBYTE;
/** What the two pairs of sockets may hold between the provider and a client that does not read. */
const SOCKET_BUFFERS_BYTES = 64 * MEBIBYTE;
/** What the gateway itself may hold for one stream. */
const GATEWAY_BUFFERS_BYTES = 24 * MEBIBYTE;

const skip = process.platform === "linux" ? false : "the gateway's memory is read from /proc";

let up: ScriptedGateway;

before(async () => {
  // The clients below pause for longer than this: a paused provider is not an idle one.
  up = await startScriptedGateway({ timeouts: { idleMs: 150 } });
});
after(() => up.close());

/** Calls and gives the answer once its head is here; its body stays unread. */
async function callUnread(call: RawCall): Promise<IncomingMessage> {
  const options = {
    port: up.gateway.port,
    path: "/v1/chat/completions",
    method: "POST",
    headers: headersOf(call),
  };
  const sent = request({ host: "127.0.0.1", agent: false, ...options });
  sent.end(JSON.stringify(bodyOf(call)));
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return answer;
}

async function lengthOf(answer: IncomingMessage): Promise<number> {
  let bodyBytes = 0;
  for await (const chunk of answer) bodyBytes += (chunk as Buffer).length;
  return bodyBytes;
}

const ANSWERS = [
  {
    name: "a stream",
    stream: true,
    contentType: "text/event-stream",
    head: chatEvent("begin"),
    piece: chatEvent("X".repeat(64 * 1024)),
    tail: `${chatEvent("end")}data: [DONE]\n\n`,
  },
  {
    name: "a large plain answer",
    stream: false,
    contentType: "application/json",
    head: '{"text":"',
    piece: "X".repeat(64 * 1024),
    tail: '"}',
  },
] as const;

for (const { name, stream, contentType, head, piece, tail } of ANSWERS) {
  test(`${name} waits for a client that does not read, and is whole when it has read`, { skip }, async () => {
    const requestId = name.replaceAll(" ", "-");
    const coming = callUnread({ stream, requestId });
    const { response } = await up.upstream.next();
    response.writeHead(200, { "content-type": contentType });
    response.write(head);
    const emptyBytes = residentBytes(up.gateway.pid);
    const heldBytes = await writeUntilPaused(response, { piece, limitBytes: ANSWER_BYTES });
    const grownBytes = residentBytes(up.gateway.pid) - emptyBytes;
    assert.ok(heldBytes < SOCKET_BUFFERS_BYTES, `the provider could send ${heldBytes} bytes`);
    assert.ok(grownBytes < GATEWAY_BUFFERS_BYTES, `the gateway grew by ${grownBytes} bytes`);

    response.end(tail);
    assert.equal(await lengthOf(await coming), head.length + heldBytes + tail.length);
    const log = await up.logOf(requestId);
    assert.deepEqual([log.status, log.errorCode], [200, undefined]);
  });
}
