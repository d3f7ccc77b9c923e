/** Chat calls through the gateway where the bytes of the answer matter, or when the client leaves. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { BehaviourPatch } from "@headrace/mock-upstream/behaviour/parse";
import { type RawAnswer, rawPost, sendRequest } from "@headrace/mock-upstream/testing/raw-client";
import { KEY } from "./mock-gateway.ts";
import type { StartedGateway } from "./started-gateway.ts";

export interface RawCall {
  /** Default `chat`. */
  readonly model?: string;
  readonly stream?: boolean;
  /** The client itself asks for the usage chunk. */
  readonly includeUsage?: boolean;
  readonly mock?: BehaviourPatch;
  /** Sent as `x-request-id`, to find the call in the log. */
  readonly requestId?: string;
  /** Further fields of the body. */
  readonly fields?: object;
}

/** Calls and gives the answer as it stood on the wire. */
export function callRaw({ port }: Pick<StartedGateway, "port">, call: RawCall = {}): Promise<RawAnswer> {
  return rawPost({ port, body: bodyOf(call), headers: headersOf(call) });
}

/** Sends a call on a connection of its own, which is left to the caller. */
export async function openCall({ port }: Pick<StartedGateway, "port">, call: RawCall = {}): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  sendRequest(socket, { port, body: bodyOf(call), headers: headersOf(call) });
  return socket;
}

/** Cuts the connection as a killed client does. Gives the time, on the clock of performance.now(). */
export function leave(socket: Socket): number {
  const leftAtMs = performance.now();
  socket.destroy();
  return leftAtMs;
}

export function bodyOf({ model = "chat", stream, includeUsage, mock, fields }: RawCall): object {
  return {
    model,
    messages: [{ role: "user", content: "Hello" }],
    ...(stream === undefined ? {} : { stream }),
    ...(includeUsage === undefined ? {} : { stream_options: { include_usage: includeUsage } }),
    ...(mock === undefined ? {} : { x_mock: mock }),
    ...fields,
  };
}

export function headersOf({ requestId }: RawCall): Record<string, string> {
  return {
    authorization: `Bearer ${KEY}`,
    "content-type": "application/json",
    ...(requestId === undefined ? {} : { "x-request-id": requestId }),
  };
}
