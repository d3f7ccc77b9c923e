import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { compareVersions, hostGlibc, NATIVE_GLIBC, relinkAddon, relinkFile } from "./relink-uws.mjs";

const installed = realpathSync(
  fileURLToPath(new URL("../packages/gateway/node_modules/uWebSockets.js", import.meta.url)),
);
const NAMES = ["strtol", "strtoul", "sscanf"];

/** The addon as it was published, also on a machine where bootstrap has relinked the installed one. */
function publishedAddon(arch) {
  const bytes = readFileSync(join(installed, `uws_linux_${arch}_141.node`));
  assert.ok(bytes.includes("__isoc23_strtol\0"), "the package ships an addon that wants glibc 2.38");
  return bytes;
}

/** Overwrites a name in the string table with another of the same length. */
function patchName(bytes, from, to) {
  assert.equal(from.length, to.length);
  const at = bytes.indexOf(`\0${from}\0`) + 1;
  assert.ok(at > 0, `${from} is in the string table`);
  const patched = Buffer.from(bytes);
  patched.write(to, at, "latin1");
  return patched;
}

/** A view written apart from the code under test: name and version index of each undefined dynamic symbol. */
function undefinedSymbols(bytes) {
  const image = Buffer.from(bytes);
  const table = Number(image.readBigUInt64LE(40));
  const sections = Array.from({ length: image.readUInt16LE(60) }, (_, index) => {
    const at = table + index * 64;
    const [offset, size] = [24, 32].map((field) => Number(image.readBigUInt64LE(at + field)));
    return {
      type: image.readUInt32LE(at + 4),
      offset: offset ?? 0,
      size: size ?? 0,
      link: image.readUInt32LE(at + 40),
    };
  });
  const symbols = sections.find(({ type }) => type === 11);
  const versions = sections.find(({ type }) => type === 0x6fffffff);
  assert.ok(symbols !== undefined && versions !== undefined);
  const strings = sections[symbols.link];
  const found = new Map();
  for (let at = symbols.offset, index = 0; at < symbols.offset + symbols.size; at += 24, index += 1) {
    const start = strings.offset + image.readUInt32LE(at);
    const name = image.toString("latin1", start, image.indexOf(0, start));
    if (image.readUInt16LE(at + 6) === 0) found.set(name, image.readUInt16LE(versions.offset + index * 2));
  }
  return found;
}

describe("relinkAddon", () => {
  for (const arch of ["x64", "arm64"]) {
    it(`gives the C23 aliases of the ${arch} addon their old name and base version`, () => {
      const original = publishedAddon(arch);
      const before = undefinedSymbols(original);
      const { bytes, changed } = relinkAddon(original);
      const after = undefinedSymbols(bytes);
      assert.equal(changed, true);
      assert.equal(bytes.length, original.length);
      for (const name of NAMES.filter((candidate) => before.has(`__isoc23_${candidate}`))) {
        assert.equal(after.has(`__isoc23_${name}`), false);
        // "free" has been in glibc from the beginning, so it carries the base version of libc.
        assert.equal(after.get(name), after.get("free"), name);
      }
    });
  }

  it("leaves its input as it is and finds nothing to do the second time", () => {
    const original = publishedAddon("x64");
    const copy = Buffer.from(original);
    const first = relinkAddon(original);
    assert.deepEqual(original, copy);
    const second = relinkAddon(first.bytes);
    assert.equal(second.changed, false);
    assert.deepEqual(second.bytes, first.bytes);
  });

  it("refuses a symbol of glibc 2.38 that it does not know", () => {
    const strange = patchName(publishedAddon("x64"), "__isoc23_strtoul", "__isoc23_strtoux");
    assert.throws(() => relinkAddon(strange), /__isoc23_strtoux of glibc 2\.38, for which no older namesake/);
  });

  it("refuses what is no 64-bit little-endian ELF file, or is cut off", () => {
    const original = publishedAddon("x64");
    const bigEndian = Buffer.from(original);
    bigEndian[5] = 2;
    for (const bytes of [Buffer.from("not an addon"), Buffer.alloc(4096), bigEndian]) {
      assert.throws(() => relinkAddon(bytes), /no 64-bit little-endian ELF/);
    }
    assert.throws(() => relinkAddon(original.subarray(0, 4096)), /section table is cut off/);
    const strangeMachine = Buffer.from(original);
    strangeMachine.writeUInt16LE(8, 18);
    assert.throws(() => relinkAddon(strangeMachine), /unknown machine \(8\)/);
  });
});

describe("relinkFile", () => {
  let folder;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "headrace-relink-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("replaces the file and not the bytes that it shares with the package store", () => {
    const store = join(folder, "store.node");
    const addon = join(folder, "addon.node");
    writeFileSync(store, publishedAddon(process.arch));
    linkSync(store, addon);
    assert.equal(relinkFile(addon), true);
    assert.deepEqual(readFileSync(store), publishedAddon(process.arch));
    assert.notEqual(statSync(addon).ino, statSync(store).ino);
    assert.equal(relinkFile(addon), false);
  });

  it("leaves an addon that loads under this Node and serves a request", {
    skip: process.platform !== "linux",
  }, () => {
    for (const name of ["uws.js", "package.json"]) copyFileSync(join(installed, name), join(folder, name));
    const name = `uws_linux_${process.arch}_${process.versions.modules}.node`;
    copyFileSync(join(installed, name), join(folder, name));
    relinkFile(join(folder, name));
    const program = `
      const uWS = require(${JSON.stringify(join(folder, "uws.js"))});
      const app = uWS.App().get("/*", (res, req) => res.end("hello " + req.getUrl()));
      app.listen("127.0.0.1", 0, async (socket) => {
        const answer = await fetch("http://127.0.0.1:" + uWS.us_socket_local_port(socket) + "/there");
        process.stdout.write(await answer.text(), () => process.exit(0));
      });`;
    assert.equal(execFileSync(process.execPath, ["-e", program], { encoding: "utf8" }), "hello /there");
  });
});

describe("hostGlibc", () => {
  it("knows the C library of a glibc machine", { skip: process.platform !== "linux" }, () => {
    assert.match(hostGlibc() ?? "", /^2\.\d+$/);
  });

  it("orders versions by number, not by text", () => {
    assert.ok(compareVersions("2.4", NATIVE_GLIBC) < 0);
    assert.ok(compareVersions("2.41", NATIVE_GLIBC) > 0);
    assert.equal(compareVersions("2.38", NATIVE_GLIBC), 0);
  });
});
