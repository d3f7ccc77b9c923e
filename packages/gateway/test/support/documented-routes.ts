/** The configurations of docs/routing.md with the commands beside them, and a gateway that runs one before real mocks. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { type GatewayBeforeMocks, startBeforeMocks } from "./gateway-before-mocks.ts";
import { askChat } from "./good-call.ts";
import type { RawAnswer } from "./http-connection.ts";

const PAGE = readFileSync(new URL("../../../../docs/routing.md", import.meta.url), "utf8");
const FENCE = /^```(\w*)$/;
const HEADING = /^#+ (.+)$/;

interface Block {
  readonly heading: string;
  readonly language: string;
  readonly text: string;
}

/** A configuration of the page, and the commands that stand below it. */
export interface DocumentedRoute {
  readonly heading: string;
  readonly config: string;
  readonly commands: string;
}

function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let heading = "";
  let language: string | null = null;
  let lines: string[] = [];
  for (const line of page.split("\n")) {
    const fence = FENCE.exec(line);
    if (fence !== null) {
      if (language !== null) blocks.push({ heading, language, text: lines.join("\n") });
      language = language === null ? (fence[1] ?? "") : null;
      lines = [];
    } else if (language !== null) lines.push(line);
    else heading = HEADING.exec(line)?.[1] ?? heading;
  }
  return blocks;
}

const BLOCKS = blocksOf(PAGE);

/** Every configuration of the page. */
export const DOCUMENTED_ROUTES: readonly DocumentedRoute[] = BLOCKS.flatMap(
  ({ heading, language, text }, at) => {
    if (language !== "yaml") return [];
    const next = BLOCKS[at + 1];
    const commands = next?.heading === heading && next.language === "sh" ? next.text : "";
    return [{ heading, config: text, commands }];
  },
);

/** What the page has its reader define before anything else. */
const FUNCTIONS =
  BLOCKS.find(({ language, text }) => language === "sh" && text.startsWith("ask()"))?.text ?? "";

/** A line of the commands, what it printed, and what the page says that it prints; null when it leaves that open. */
export interface RunLine {
  readonly command: string;
  readonly printed: string;
  readonly promised: string | null;
}

export interface DocumentedGateway extends GatewayBeforeMocks {
  readonly a: Mock;
  readonly b: Mock;
  readonly c: Mock;
  /** A chat call of one message without a key, unless the headers have one. */
  ask(model: string, fields?: object, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  /** The names of the providers that answered so many calls, one after the other. */
  providersOf(calls: number, ask: (call: number) => Promise<RawAnswer>): Promise<string[]>;
  /** Requests that each provider saw. */
  seen(): { readonly a: number; readonly b: number; readonly c: number };
  /** Runs the page's commands in a shell, as a reader would. */
  run(commands: string): Promise<RunLine[]>;
  /** Forgets what the mocks have seen, and heals them. */
  clear(): void;
}

export async function startDocumented(config: string): Promise<DocumentedGateway> {
  const [a, b, c] = await Promise.all([startMock(), startMock(), startMock()]);
  const mocks = [a, b, c];
  const addresses = { A: new URL(a.url).host, B: new URL(b.url).host, C: new URL(c.url).host };
  const started = await startBeforeMocks(mocks, { config, env: addresses });
  const { url, adminUrl, port } = started.gateway;
  return {
    ...started,
    ...{ a, b, c },
    ask: (model, fields, headers) => askChat(port, { model, ...fields }, headers),
    async providersOf(calls, askOnce) {
      const providers: string[] = [];
      for (let call = 0; call < calls; call++) {
        const { status, headers, body } = await askOnce(call);
        if (status !== 200) throw new Error(`call ${call} was answered with ${status}: ${body}`);
        providers.push(headers.get("x-headrace-provider") ?? "");
      }
      return providers;
    },
    seen: () => ({ a: a.counts.requests, b: b.counts.requests, c: c.counts.requests }),
    run: (commands) => runLines(commands, { ...addresses, GATEWAY: url, ADMIN: adminUrl }),
    clear() {
      for (const mock of mocks) mock.clear();
    },
  };
}

const MARK = "@@ end of a line";
const PROMISE = /# (\d{3}(?: [abc](?: \S.*)?)?)$/;

async function runLines(commands: string, env: Readonly<Record<string, string>>): Promise<RunLine[]> {
  const lines = commands.split("\n").filter((line) => line.trim() !== "");
  const script = [`set -e`, FUNCTIONS, ...lines.flatMap((line) => [line, `echo "${MARK}"`])].join("\n");
  const shell = spawn("bash", ["-c", script], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(shell.stdout),
    text(shell.stderr),
    once(shell, "close") as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`the commands ended with ${code}: ${stderr}\n${stdout}`);
  const printed = stdout.split(`${MARK}\n`);
  return lines.map((command, at) => ({
    command,
    printed: (printed[at] ?? "").trim(),
    promised: PROMISE.exec(command)?.[1] ?? null,
  }));
}
