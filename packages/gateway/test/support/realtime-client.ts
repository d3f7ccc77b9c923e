import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import WebSocket from "ws";

let sessions = 0;

/** A client of a realtime session, which keeps what it hears. */
export class RealtimeClient {
  readonly socket: WebSocket;
  readonly heard: string[] = [];
  readonly closed: Promise<number>;
  readonly requestId = `session-${++sessions}`;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.socket = new WebSocket(url, { headers: { ...headers, "x-request-id": this.requestId } });
    this.socket.on("message", (data) => this.heard.push(String(data)));
    this.socket.on("error", () => {}); // "close" tells
    this.closed = new Promise((resolve) => this.socket.once("close", resolve));
  }

  async hears(words: string): Promise<string> {
    for (;;) {
      const message = this.heard.find((text) => text.includes(words));
      if (message !== undefined) return message;
      await once(this.socket, "message");
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  async refusal(): Promise<{ readonly status: number | undefined; readonly code: string }> {
    const [, response] = (await once(this.socket, "unexpected-response")) as [unknown, IncomingMessage];
    let body = "";
    for await (const piece of response) body += String(piece);
    this.socket.terminate();
    return { status: response.statusCode, code: JSON.parse(body).error.code };
  }
}
