import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { benchDir } from "../paths.ts";

/** Where the program of a peer may be. The flag `--<name> PATH` goes before everything here. */
export interface PeerFind {
  /** A command looked up on PATH. */
  command?: string;
  /** A file of an npm package, run by this Node: looked up beside a given path and in the global packages. */
  npmPackage?: string;
  npmEntry?: string;
  /** A file of this repository, run by this Node. */
  repoEntry?: string;
}

/**
 * One gateway as data: `bench/peers/<name>/peer.json`. Texts may hold `__port__`, `__adminPort__`, `__mockPort__`,
 * `__mockUrl__` (with `/v1`), `__workers__`, `__workDir__` and `__program__`.
 */
export interface PeerRecord {
  name: string;
  title: string;
  /** `gateway` for an AI gateway, `limit` for a plain proxy that shows what the machine can do. */
  kind: "gateway" | "limit";
  find: PeerFind;
  /** Arguments that print the version. */
  version?: string[];
  /** Templates beside the record, written to the work folder with the texts filled in. */
  configs?: string[];
  start: { args: string[]; env?: Record<string, string> };
  request: { path: string; model: string; headers: Record<string, string> };
  /** How long it may take until the first chat request is answered. */
  readyTimeoutMs: number;
  /** For the table: what of it runs and what does not. */
  note?: string;
}

export const peersDir: string = join(benchDir, "peers");

function isRecord(value: unknown): value is PeerRecord {
  if (typeof value !== "object" || value === null) return false;
  return ["name", "title", "kind", "find", "start", "request", "readyTimeoutMs"].every((key) => key in value);
}

export function loadPeer(name: string): PeerRecord {
  const file = join(peersDir, name, "peer.json");
  const value: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isRecord(value) || value.name !== name)
    throw new Error(`bench/peers/${name}/peer.json is not a peer record`);
  return value;
}

/** Every record, by name. */
export function peerNames(): string[] {
  return readdirSync(peersDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Replaces `__name__` (which any config language takes for a plain word, so that formatters leave it alone); a name without a value is a mistake in the record. */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/__([a-z][A-Za-z]*)__/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for __${name}__`);
    return value;
  });
}
