/** Load shedding of what is only passed on: forms, files and realtime sessions. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { it } from "node:test";
import WebSocket from "ws";
import { KEY } from "./support/mock-gateway.ts";
import { closeWithNothingLeft } from "./support/nothing-left.ts";
import { startRoutedGateway } from "./support/routed-gateway.ts";

it("a gateway that is late with its work sheds what is only passed on too", { timeout: 60_000 }, async () => {
  const key = { name: "client", key: KEY, priority: "low" };
  const config = { keys: [key], shedding: { eventLoopDelayMs: 1, retryAfterMs: 1_500 } };
  const late = await startRoutedGateway({
    providers: ["a"],
    models: { free: { targets: [{ provider: "a", model: "free" }] } },
    config,
  });
  try {
    const { gateway } = late;
    const { url } = gateway;
    const headers = { authorization: `Bearer ${KEY}` };
    for (const ask of [
      (): Promise<Response> => fetch(`${late.baseUrl}/files`, { headers }),
      (): Promise<Response> => {
        const form = new FormData();
        form.append("model", "free");
        return fetch(`${late.baseUrl}/audio/transcriptions`, { method: "POST", body: form, headers });
      },
      (): Promise<Response> => upgradeOf(`${url}/v1/realtime?model=free`, headers),
    ]) {
      let answer: Response;
      do {
        gateway.signal("SIGSTOP");
        await new Promise((resolve) => setTimeout(resolve, 20));
        gateway.signal("SIGCONT");
        answer = await ask();
      } while (answer.status !== 503);
      assert.match(await answer.text(), /"overloaded"/);
      assert.equal(answer.headers.get("retry-after"), "2");
    }
  } finally {
    await closeWithNothingLeft(late);
  }
});

/** Its answer, or an empty one for a session that was opened, and closed again. */
async function upgradeOf(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  const socket = new WebSocket(url.replace("http", "ws"), { headers });
  socket.on("error", () => {}); // it is refused
  const refused = once(socket, "unexpected-response");
  const opened = await Promise.race([once(socket, "open").then(() => true), refused.then(() => false)]);
  if (opened) {
    socket.close();
    await once(socket, "close");
    return new Response(null);
  }
  const [, response] = (await refused) as [unknown, IncomingMessage];
  let body = "";
  for await (const piece of response) body += String(piece);
  socket.terminate();
  const retryAfter = response.headers["retry-after"] ?? "";
  return new Response(body, { status: response.statusCode ?? 0, headers: { "retry-after": retryAfter } });
}
