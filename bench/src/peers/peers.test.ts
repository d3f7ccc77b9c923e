import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { findPeer } from "./find.ts";
import { fillTemplate, loadPeer, type PeerRecord, peerNames, peersDir } from "./record.ts";

const record: PeerRecord = {
  name: "ferro",
  title: "Ferro",
  kind: "gateway",
  find: { command: "no-such-program-as-this" },
  version: ["--version"],
  start: { args: [] },
  request: { path: "/", model: "m", headers: {} },
  readyTimeoutMs: 1,
};

test("every record loads, its configs are there and its texts fill in", () => {
  const values = Object.fromEntries(
    ["port", "adminPort", "mockPort", "mockUrl", "workers", "workDir", "program"].map((name) => [name, "1"]),
  );
  for (const name of peerNames()) {
    const peer = loadPeer(name);
    for (const config of peer.configs ?? [])
      assert.ok(existsSync(join(peersDir, name, config)), `${name}/${config}`);
    const texts = [
      ...peer.start.args,
      ...Object.values(peer.start.env ?? {}),
      ...Object.values(peer.request.headers),
    ];
    for (const text of texts) assert.doesNotMatch(fillTemplate(text, values), /__/);
  }
});

test("a placeholder without a value is an error", () => {
  assert.throws(() => fillTemplate("__prot__", { port: "1" }), /prot/);
});

test("a peer that is not there is missing, with the flag that would give its place", () => {
  assert.deepEqual(findPeer(record), {
    missing: "no no-such-program-as-this on PATH; give its place with --ferro PATH",
  });
  assert.deepEqual(findPeer(record, "/nowhere/ferro"), {
    missing: "nothing runnable at the given path; give its place with --ferro PATH",
  });
});

test("a given path is used, and asked for its version", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-peer-"));
  try {
    const program = join(folder, "ferro");
    writeFileSync(program, "#!/bin/sh\necho ferro version v1.4.2-rc1\n");
    chmodSync(program, 0o755);
    assert.deepEqual(findPeer(record, program), {
      found: { command: program, leading: [], program, version: "v1.4.2-rc1" },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("an npm package is found below the folder it was installed into", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-peer-"));
  try {
    const entry = join(folder, "node_modules", "@x", "gateway", "start.js");
    mkdirSync(join(entry, ".."), { recursive: true });
    writeFileSync(entry, "console.log('1.2.3')");
    const npm = { ...record, find: { npmPackage: "@x/gateway", npmEntry: "start.js" } };
    assert.deepEqual(findPeer(npm, folder), {
      found: { command: process.execPath, leading: [entry], program: entry, version: "1.2.3" },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
