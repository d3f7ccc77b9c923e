import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { AccessLog, jsonText } from "./access-log.ts";

const SEED = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

function logged(write: (log: AccessLog) => void): unknown[] {
  const lines: string[] = [];
  write(new AccessLog({ write: (line) => lines.push(line) }, 42));
  return lines.map((line) => {
    assert.ok(line.endsWith("}\n"), line);
    return JSON.parse(line);
  });
}

describe("the access log", () => {
  it("writes a line of JSON with level, time, process and labels", () => {
    const before = Date.now();
    const [line] = logged((log) => {
      log.labelled({ endpoint: "chat", model: 'a "b"\n' }).write(',"status":200', "request");
    });
    assert.ok(typeof line === "object" && line !== null && "time" in line && typeof line.time === "number");
    const { time, ...rest } = line;
    assert.ok(time >= before && time <= Date.now());
    assert.deepEqual(rest, {
      level: 30,
      pid: 42,
      endpoint: "chat",
      model: 'a "b"\n',
      status: 200,
      msg: "request",
    });
  });

  it("leaves out of rare lines what is undefined", () => {
    const lines = logged((log) => {
      const access = log.labelled({});
      access.writeFields({ outcome: "sent", error: undefined }, "shadow");
      access.writeFields({}, "shadow");
    });
    assert.deepEqual(
      lines.map((line) => JSON.stringify(line).replace(/"time":\d+/, '"time":0')),
      [
        '{"level":30,"time":0,"pid":42,"outcome":"sent","msg":"shadow"}',
        '{"level":30,"time":0,"pid":42,"msg":"shadow"}',
      ],
    );
  });

  it("writes nothing where nobody reads", () => {
    const access = new AccessLog(null).labelled({ endpoint: "chat" });
    assert.equal(access.enabled, false);
    access.write("", "request");
  });

  it("writes any text as JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = jsonText(text);
        assert.equal(JSON.parse(json), text);
        assert.ok(!json.includes("\n"));
      }),
      { seed: SEED },
    );
  });
});
