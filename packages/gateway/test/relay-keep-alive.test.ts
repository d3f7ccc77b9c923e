/** Relay rule 8: a word of the gateway's own stands between events only, and only in a stream. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { type HandlerAlone, KeptExchange, startHandlerAlone } from "./support/kept-exchange.ts";
import { chatEvent } from "./support/scripted-upstream.ts";

const MEBIBYTE = 1024 * 1024;
const KEEP_ALIVE = ": keep-alive\n\n";

let alone: HandlerAlone;

/** Resolves when every deadline has been looked at. */
function allDeadlinesSeen(): Promise<void> {
  let rounds = 0;
  return new Promise((resolve) => {
    const probe = {
      deadlineAtMs: 0,
      deadlineSlot: -1,
      onDeadline() {
        rounds++;
        if (rounds < 2) return;
        alone.deadlines.delete(probe);
        resolve();
      },
    };
    alone.deadlines.add(probe);
  });
}

/** Resolves when the answer has grown to this text. */
async function sentBy(exchange: KeptExchange, text: string): Promise<void> {
  while (exchange.sent.length < text.length) await once(exchange, "sent");
  assert.equal(exchange.sent, text);
}

before(async () => {
  alone = await startHandlerAlone();
});
after(() => alone.close());

const MESSAGES = [{ role: "user", content: "Hello" }];

test("a silent stream gets a comment between two events, also when half of the second had come", async () => {
  const exchange = new KeptExchange({ model: "chat", messages: MESSAGES, stream: true });
  alone.handle(exchange);
  const { response } = await alone.upstream.next();
  response.writeHead(200, { "content-type": "text/event-stream" });
  const [first, second] = [chatEvent("one"), chatEvent("two")];
  response.write(first + second.slice(0, 20));
  await sentBy(exchange, first);
  alone.letTimePass();
  await sentBy(exchange, first + KEEP_ALIVE);
  await allDeadlinesSeen();
  await sentBy(exchange, first + KEEP_ALIVE);
  response.end(`${second.slice(20)}data: [DONE]\n\n`);
  if (!exchange.closed) await once(exchange, "over");
  assert.equal(exchange.sent, `${first}${KEEP_ALIVE}${second}data: [DONE]\n\n`);
});

test("nothing is said before the first event, when the answer may still become an error", async () => {
  const exchange = new KeptExchange({ model: "chat", messages: MESSAGES, stream: true });
  alone.handle(exchange);
  const { response } = await alone.upstream.next();
  alone.letTimePass();
  await allDeadlinesSeen();
  assert.equal(exchange.sent, "");
  response.writeHead(503, { "content-type": "application/json", "retry-after": "60" }).end('{"error":{}}');
  assert.deepEqual(await once(exchange, "over"), [503]);
});

test("a plain answer that comes in pieces never gets a comment into its JSON", async () => {
  const exchange = new KeptExchange({ model: "chat", messages: MESSAGES });
  alone.handle(exchange);
  const { response } = await alone.upstream.next();
  const body = JSON.stringify({ text: "x".repeat(5 * MEBIBYTE) });
  const half = 4.5 * MEBIBYTE;
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.write(body.slice(0, half));
  await sentBy(exchange, body.slice(0, half));
  alone.letTimePass();
  await allDeadlinesSeen();
  response.end(body.slice(half));
  await once(exchange, "over");
  assert.ok(exchange.sent === body, "the answer is not the provider's");
});
