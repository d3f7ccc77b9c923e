import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Whether somebody takes a connection at this port of loopback. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Resolves when nobody takes connections any more; rejects when that has not come by the time given. */
export async function stopsListening(port: number, timeoutMs = 5_000): Promise<void> {
  const untilMs = performance.now() + timeoutMs;
  while (await isListening(port)) {
    if (performance.now() > untilMs) throw new Error(`port ${port} still takes connections`);
    await nextTurn();
  }
}
