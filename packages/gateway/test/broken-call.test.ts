/** A bug in one of a call's callbacks ends that call: its client, its provider and its snapshot do not wait for it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import { rawPost, sendRequest } from "@headrace/mock-upstream/testing/raw-client";
import { answerError } from "../src/handlers/answer-error.ts";
import type { Exchange, ExchangeOwner } from "../src/http/exchange.ts";
import { createServer, type Server } from "../src/http/uws-server.ts";
import { type HandlerAlone, KeptExchange, startHandlerAlone } from "./support/kept-exchange.ts";
import { bodyOf, leave } from "./support/raw-call.ts";
import { chatEvent } from "./support/scripted-upstream.ts";

const BUG = new Error("a bug");
const HEADERS = { authorization: "Bearer key-of-a-client" };

type Callback = "onBody" | "onSent" | "onClosed";

/** The owner, but for one callback that throws in its place. */
function breakingAt(callback: Callback, owner: ExchangeOwner): ExchangeOwner {
  const delegate: ExchangeOwner = {
    onBody: (body) => owner.onBody(body),
    onBodyRefused: (error) => owner.onBodyRefused(error),
    onSent: () => owner.onSent(),
    onClosed: () => owner.onClosed(),
    onDrained: () => owner.onDrained(),
    onBroken: () => owner.onBroken(),
  };
  delegate[callback] = () => {
    throw BUG;
  };
  return delegate;
}

function breakAt(callback: Callback, exchange: Exchange): void {
  const attach = exchange.attach.bind(exchange);
  exchange.attach = (owner) => attach(breakingAt(callback, owner));
}

describe("a call whose callback throws", { timeout: 30_000 }, () => {
  let alone: HandlerAlone;
  let server: Server;
  let port = 0;
  let broken: Callback;
  let bugs: unknown[];

  before(async () => {
    alone = await startHandlerAlone();
    server = createServer({
      routes: [
        {
          method: "post",
          path: "/v1/chat/completions",
          handler: (exchange) => {
            breakAt(broken, exchange);
            alone.handle(exchange);
          },
        },
      ],
      deadlines: alone.deadlines,
      bodyLimitBytes: 1024,
      headerTimeoutMs: 10_000,
      bodyTimeoutMs: 10_000,
      refuse: (exchange, error) => answerError(exchange, error),
      onBug: (error) => bugs.push(error),
    });
    port = await server.listen({ host: "127.0.0.1", port: 0 });
  });
  beforeEach(() => {
    bugs = [];
  });
  after(async () => {
    await server.drain(0);
    await alone.close();
  });

  it("with its body answers 500", async () => {
    broken = "onBody";
    const answer = await rawPost({ port, body: bodyOf({}), headers: HEADERS });
    assert.equal(answer.status, 500);
    assert.match(answer.body.toString(), /"internal_error"/);
    await alone.snapshot.running.idle();
    assert.deepEqual([bugs, server.openExchanges], [[BUG], 0]);
  });

  it("when its answer has left has answered all the same", async () => {
    broken = "onSent";
    const answering = rawPost({ port, body: bodyOf({}), headers: HEADERS });
    const { response } = await alone.upstream.next();
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
    assert.equal((await answering).status, 200);
    await alone.snapshot.running.idle();
    assert.deepEqual([bugs, server.openExchanges], [[BUG], 0]);
  });

  it("when its client leaves is cancelled at the provider", async () => {
    broken = "onClosed";
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    sendRequest(socket, { port, body: bodyOf({ stream: true }), headers: HEADERS });
    const call = await alone.upstream.next();
    leave(socket);
    await call.closedAtMs;
    assert.equal(call.response.writableFinished, false);
    await alone.snapshot.running.idle();
    assert.deepEqual([bugs, server.openExchanges], [[BUG], 0]);
  });

  it("in the middle of a stream ends it with an error event and no [DONE]", async () => {
    const exchange = new KeptExchange(bodyOf({ stream: true }));
    alone.handle(exchange);
    const call = await alone.upstream.next();
    call.response.writeHead(200, { "content-type": "text/event-stream" }).write(chatEvent("one"));
    await once(exchange, "sent");
    exchange.owner?.onBroken();
    await call.closedAtMs;
    assert.equal(exchange.closed, true);
    assert.match(exchange.sent, /"internal_error"/);
    assert.doesNotMatch(exchange.sent, /\[DONE\]/);
    await alone.snapshot.running.idle();
  });
});
