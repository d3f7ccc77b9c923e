/** Runs HAProxy with the configuration that the project ships. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const SHIPPED_CONFIG = fileURLToPath(new URL("../../../../deploy/haproxy.cfg", import.meta.url));
const POLL_MS = 20;
const ACCEPTS_WITHIN_MS = 10_000;

/**
 * Makes sure that there is an HAProxy, if need be from the system's packages.
 *
 * @returns null, or why there is none; that may only happen outside of CI
 */
export function provideHaproxy(): string | null {
  if (findProgram("haproxy")) return null;
  const mayInstall = process.getuid?.() === 0 && findProgram("apt-get");
  if (mayInstall) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    try {
      execFileSync("apt-get", ["update"], { env, stdio: "pipe" });
      execFileSync("apt-get", ["install", "-y", "--no-install-recommends", "haproxy"], {
        env,
        stdio: "pipe",
      });
    } catch {
      // What is missing afterwards is told below.
    }
  }
  if (findProgram("haproxy")) return null;
  const reason = `no haproxy here${mayInstall ? ", and apt-get could not install it" : ""}`;
  assert.equal(process.env.CI, undefined, `${reason}; CI never skips the test behind a load balancer`);
  return reason;
}

function findProgram(name: string): boolean {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.some((folder) => existsSync(join(folder, name)));
}

export interface RunningHaproxy {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts HAProxy with deploy/haproxy.cfg, in front of the gateways on these ports of this machine. */
export async function startHaproxy(gatewayPorts: readonly [number, number]): Promise<RunningHaproxy> {
  const directory = await mkdtemp(join(tmpdir(), "headrace-haproxy-"));
  const file = join(directory, "haproxy.cfg");
  const port = await freePort();
  await writeFile(file, movedConfig(await readFile(SHIPPED_CONFIG, "utf8"), { port, gatewayPorts }));
  const path = [process.env.PATH ?? "", "/usr/sbin", "/usr/local/sbin"].join(delimiter);
  const child = spawn("haproxy", ["-db", "-f", file], {
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text));
  const close = async (): Promise<void> => {
    await stopped(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await untilAccepting(port, child);
  } catch (error) {
    await close();
    throw new Error(`haproxy did not start: ${said}`, { cause: error });
  }
  return { url: `http://127.0.0.1:${port}`, close };
}

/** The shipped text with this machine's addresses in the places of the containers'; each place must be there. */
function movedConfig(
  shipped: string,
  { port, gatewayPorts: [first, second] }: { port: number; gatewayPorts: readonly [number, number] },
): string {
  const moves: readonly [string, string][] = [
    ["bind :8080", `bind 127.0.0.1:${port}`],
    ["gateway-1:8080", `127.0.0.1:${first}`],
    ["gateway-2:8080", `127.0.0.1:${second}`],
  ];
  return moves.reduce((text, [from, to]) => {
    assert.equal(text.split(from).length, 2, `deploy/haproxy.cfg says "${from}" once`);
    return text.replace(from, to);
  }, shipped);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

async function untilAccepting(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + ACCEPTS_WITHIN_MS;
  while (!(await isAccepting(port))) {
    assert.equal(child.exitCode, null, "haproxy ended");
    assert.ok(Date.now() < deadline, "haproxy does not accept connections");
    await delay(POLL_MS);
  }
}

/** Whether somebody accepts connections on a port of this machine. */
export function isAccepting(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (accepts: boolean): void => {
      socket.destroy();
      resolve(accepts);
    };
    socket.once("connect", () => settle(true)).once("error", () => settle(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  server.close();
  await once(server, "close");
  return address.port;
}
