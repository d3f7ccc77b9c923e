import assert from "node:assert/strict";
import { writeSync } from "node:fs";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { Fifo } from "../testing/fifo.ts";
import { GatheredOutput } from "./gathered-output.ts";

/** Many times what a pipe holds, and more than one buffer. */
const MANY = 5_000;
/** More than an output keeps for a reader that is stuck. */
const TOO_MANY = 250_000;
const CLOSE_TIMEOUT_MS = 10_000;

function lineOf(writer: string, number: number): string {
  return `${writer} ${number} ${"ö".repeat(number % 97)}\n`;
}

function linesOf(writer: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => lineOf(writer, i));
}

describe("GatheredOutput", { timeout: 30_000 }, () => {
  let fifo: Fifo;
  beforeEach(() => {
    fifo = new Fifo();
  });
  afterEach(() => fifo.remove());

  it("writes every line once and in order, also what comes while it writes", async () => {
    const output = new GatheredOutput(fifo.openWriter(), false);
    const lines = linesOf("a", MANY);
    const reading = fifo.readUntil(lineOf("a", MANY - 1));
    for (const [i, line] of lines.entries()) {
      output.write(line);
      if (i % 1000 === 0) await new Promise(setImmediate);
    }
    await output.close(CLOSE_TIMEOUT_MS);
    assert.equal(await reading, lines.join(""));
    assert.equal(output.dropped, 0);
  });

  it("writes a few lines without being closed", async () => {
    const output = new GatheredOutput(fifo.openWriter(), false);
    const reading = fifo.readUntil("here\n");
    output.write("I am here\n");
    assert.equal(await reading, "I am here\n");
    await output.close(0);
  });

  it("writes a line that is larger than its buffers", async () => {
    const output = new GatheredOutput(fifo.openWriter(), false);
    const lines = ["first\n", `${"x".repeat(300_000)}\n`, "last\n"];
    const reading = fifo.readUntil("last\n");
    for (const line of lines) output.write(line);
    await output.close(CLOSE_TIMEOUT_MS);
    assert.equal(await reading, lines.join(""));
  });

  it("mixes no lines with those of others that share the pipe", async () => {
    // A pipe that is nearly full cuts a long write short, and the next to write need not be the same one.
    const filler = `${"-".repeat(60_000)}\n`;
    writeSync(fifo.openWriter(), filler);
    const names = Array.from("abcdefgh");
    const outputs = names.map(() => new GatheredOutput(fifo.openWriter(), true));
    for (let i = 0; i < MANY; i++) {
      for (const [n, output] of outputs.entries()) output.write(lineOf(names[n] ?? "", i));
    }
    const closed = Promise.all(outputs.map((output) => output.close(CLOSE_TIMEOUT_MS)));
    const reading = fifo.readUntil("end\n");
    await closed;
    writeSync(fifo.openWriter(), "end\n");
    const lines = (await reading).split(/(?<=\n)/);
    for (const name of names) {
      const own = lines.filter((line) => line.startsWith(`${name} `));
      assert.deepEqual(own, linesOf(name, MANY));
    }
    assert.equal(lines.length, names.length * MANY + 2);
  });

  it("drops lines rather than grow for a reader that is stuck, and counts them", async () => {
    const output = new GatheredOutput(fifo.openWriter(), false);
    const lines = Array.from({ length: TOO_MANY }, (_, i) => `${String(i).padStart(200)}\n`);
    for (const line of lines) output.write(line);
    assert.ok(output.dropped > 0 && output.dropped < TOO_MANY, `${output.dropped} of ${TOO_MANY}`);
    const kept = lines.slice(0, TOO_MANY - output.dropped);
    const closed = output.close(CLOSE_TIMEOUT_MS);
    assert.ok((await fifo.readUntil(kept.at(-1) ?? "")) === kept.join(""), "what is kept is whole");
    await closed;
  });

  it("needs little room for few lines, however long its reader is stuck", async () => {
    mock.timers.enable({ apis: ["setInterval"] });
    const output = new GatheredOutput(fifo.openWriter(), false);
    const beforeBytes = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1_000; i++) {
      output.write(lineOf("a", i));
      mock.timers.tick(1_000);
    }
    const grownBytes = process.memoryUsage().arrayBuffers - beforeBytes;
    mock.timers.reset();
    assert.ok(grownBytes < 1_000_000, `${grownBytes} bytes`);
    const reading = fifo.readUntil(lineOf("a", 999));
    await output.close(CLOSE_TIMEOUT_MS);
    assert.equal(await reading, linesOf("a", 1_000).join(""));
  });

  it("gives up on a stuck reader when its time is up", async () => {
    const output = new GatheredOutput(fifo.openWriter(), true);
    for (const line of linesOf("a", MANY)) output.write(line);
    const startedAtMs = performance.now();
    await output.close(50);
    assert.ok(performance.now() - startedAtMs < CLOSE_TIMEOUT_MS);
  });

  it("loses its lines when nobody can read them", async () => {
    const output = new GatheredOutput(fifo.openWriter(), false);
    fifo.closeWriters();
    output.write("lost\n");
    await output.close(CLOSE_TIMEOUT_MS);
  });
});
