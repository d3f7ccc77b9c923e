/** A client with a large answer that does not read it yet. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Mock } from "@headrace/mock-upstream/server";
import { KEY } from "./mock-gateway.ts";

export interface AnswerSize {
  readonly stream: boolean;
  /** 1 where it is absent. */
  readonly chunks?: number;
  readonly chunkBytes: number;
}

/** By how the gateway passes an answer on; each is more than a socket takes at once. */
export const LARGE_ANSWERS = {
  "an answer that is held whole": { stream: false, chunkBytes: 4_100_000 },
  "an answer that is too large to be held": { stream: false, chunkBytes: 12_000_000 },
  "a stream": { stream: true, chunkBytes: 12_000_000 },
} as const satisfies Record<string, AnswerSize>;

/** A call of the model `chat` whose client has the head of its answer and reads no further. */
export async function openPaused(port: number, size: AnswerSize): Promise<IncomingMessage> {
  const { stream, chunks = 1, chunkBytes } = size;
  const body = JSON.stringify({
    model: "chat",
    stream,
    messages: [{ role: "user", content: "Hello" }],
    x_mock: { chunks, chunkBytes },
  });
  const call = request({
    host: "127.0.0.1",
    port,
    path: "/v1/chat/completions",
    method: "POST",
    agent: false,
    // Not the default here: with "close" the server itself sends everything before it hangs up.
    headers: {
      authorization: `Bearer ${KEY}`,
      connection: "keep-alive",
      "content-length": Buffer.byteLength(body),
    },
  });
  call.on("error", () => {}); // of a test that leaves
  call.end(body);
  const [response] = (await once(call, "response")) as [IncomingMessage];
  return response.pause();
}

/** Resolves when the provider has sent so many answers to their end. */
export async function providerIsDone(mock: Mock, answers: number): Promise<void> {
  await mock.waitFor(() => mock.received.filter(({ finished }) => finished).length === answers, 5_000);
}

/** Reads on, and gives how many bytes there were. */
export async function readToEnd(response: IncomingMessage): Promise<number> {
  let bodyBytes = 0;
  response.on("data", (chunk: Buffer) => {
    bodyBytes += chunk.length;
  });
  response.on("error", () => {}); // a cut shows in `complete`
  response.resume();
  await new Promise((resolve) => response.once("close", resolve));
  return bodyBytes;
}
