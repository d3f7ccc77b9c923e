/** A streamed chat call that is watched while it runs: when its first event came and how it ended. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import { sseOf } from "@headrace/mock-upstream/testing/raw-client";
import { KEY } from "./mock-gateway.ts";

export interface LiveStreamOptions {
  readonly port: number;
  /** Default `chat`. */
  readonly model?: string;
  readonly key?: string;
  readonly mock?: BehaviourPatch;
}

export interface StreamEnding {
  /** The data of its events. */
  readonly data: readonly string[];
  /** HTTP's own word: false for a connection that was cut. */
  readonly complete: boolean;
}

export interface LiveStream {
  readonly response: IncomingMessage;
  /** Received so far. */
  readonly bodyBytes: number;
  /** True until its end, whichever it is. */
  readonly running: boolean;
  readonly ended: Promise<StreamEnding>;
}

const DONE = "[DONE]";

/** Resolves when the first bytes of the stream are here. */
export async function openStream(options: LiveStreamOptions): Promise<LiveStream> {
  const body = JSON.stringify({
    model: options.model ?? "chat",
    stream: true,
    messages: [{ role: "user", content: "Hello" }],
    ...(options.mock === undefined ? {} : { x_mock: options.mock }),
  });
  const call = request({
    host: "127.0.0.1",
    port: options.port,
    path: "/v1/chat/completions",
    method: "POST",
    agent: false,
    headers: {
      authorization: `Bearer ${options.key ?? KEY}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    },
  });
  call.end(body);
  const [response] = (await once(call, "response")) as [IncomingMessage];
  const stream = new WatchedStream(response);
  await once(response, "data");
  return stream;
}

class WatchedStream implements LiveStream {
  running = true;
  bodyBytes = 0;
  readonly response: IncomingMessage;
  readonly ended: Promise<StreamEnding>;

  constructor(response: IncomingMessage) {
    this.response = response;
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      this.bodyBytes += chunk.length;
    });
    response.on("error", () => {}); // a cut shows in `complete`
    this.ended = new Promise((resolve) => {
      response.once("close", () => {
        this.running = false;
        resolve({ data: sseOf(Buffer.concat(chunks)).data, complete: response.complete });
      });
    });
  }
}

/** Whether a stream ended as a whole answer does. */
export function isWhole({ data, complete }: StreamEnding): boolean {
  return complete && data.at(-1) === DONE;
}

/** The `error` of a stream's last event, or null when that is none. */
export function lastError({ data }: StreamEnding): Record<string, unknown> | null {
  const last = data.at(-1);
  if (last === undefined || last === DONE) return null;
  const event: unknown = JSON.parse(last);
  if (typeof event !== "object" || event === null || !("error" in event)) return null;
  return event.error as Record<string, unknown>;
}
