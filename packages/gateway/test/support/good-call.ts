import assert from "node:assert/strict";
import { HttpConnection, type RawAnswer, type RawRequest } from "./http-connection.ts";
import { KEY } from "./mock-gateway.ts";

export const CHAT_PATH = "/v1/chat/completions";
export const CHAT_BODY = { model: "chat", messages: [{ role: "user", content: "Hello" }] } as const;
export const AUTHORIZED: Readonly<Record<string, string>> = {
  authorization: `Bearer ${KEY}`,
  "content-type": "application/json",
};

/** A chat call that is right, with some of it changed. */
export function chatRequest(change: Partial<RawRequest> = {}): RawRequest {
  return {
    path: CHAT_PATH,
    body: JSON.stringify(CHAT_BODY),
    ...change,
    headers: { ...AUTHORIZED, ...change.headers },
  };
}

/** Asks on a connection of its own. */
export async function askAlone(port: number, request: RawRequest): Promise<RawAnswer> {
  const connection = await HttpConnection.open(port);
  const answer = await connection.ask(request);
  await connection.close();
  return answer;
}

/** A chat of one message. */
export function askChat(
  port: number,
  { model, ...fields }: { readonly model: string },
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const body = JSON.stringify({ model, messages: CHAT_BODY.messages, ...fields });
  return askAlone(port, chatRequest({ body, headers }));
}

/** Asserts that a connection serves a chat call, whatever happened on it before. */
export async function assertServes(connection: HttpConnection): Promise<RawAnswer> {
  const answer = await connection.ask(chatRequest());
  assert.equal(answer.status, 200, answer.body);
  assert.match(answer.body, /"object":"chat\.completion"/);
  return answer;
}

/** Asserts that a new client is served. */
export async function assertServesNewClient(port: number): Promise<void> {
  const connection = await HttpConnection.open(port);
  await assertServes(connection);
  await connection.close();
}
