import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCommand, USAGE } from "./arguments.ts";

describe("parseCommand", () => {
  for (const [line, command] of [
    ["", { name: "help" }],
    ["help", { name: "help" }],
    ["--help", { name: "help" }],
    ["start -h", { name: "help" }],
    ["version", { name: "version" }],
    ["check --config f.yaml", { name: "check", file: "f.yaml" }],
    ["start", { name: "start", file: null, overrides: {} }],
    ["start --config f.yaml", { name: "start", file: "f.yaml", overrides: {} }],
    ["--config=f.yaml start", { name: "start", file: "f.yaml", overrides: {} }],
    [
      "start --port 0 --admin-port 65535 --processes 64",
      { name: "start", file: null, overrides: { port: 0, adminPort: 65_535, processes: 64 } },
    ],
  ] as const) {
    it(`reads "${line}"`, () => {
      assert.deepEqual(parseCommand(line.split(" ").filter((word) => word !== "")), command);
    });
  }

  for (const [line, message] of [
    ["serve", /no command "serve"; see headrace help/],
    ["start now", /unexpected argument "now"/],
    ["check", /needs --config FILE/],
    ["start --port 65536", /--port takes a whole number from 0 to 65535, not "65536"/],
    ["start --port 80.5", /--port takes/],
    ["start --port=", /--port takes/],
    ["start --port 0x50", /--port takes/],
    ["start --port=-1", /--port takes/],
    ["start --admin-port x", /--admin-port takes/],
    ["start --processes 0", /--processes takes a whole number from 1 to 64/],
  ] as const) {
    it(`refuses "${line}"`, () => assert.throws(() => parseCommand(line.split(" ")), { message }));
  }

  for (const line of ["start --prot 1", "start --port", "start --config", "--bogus"]) {
    it(`knows "${line}" for a slip`, () => {
      assert.throws(
        () => parseCommand(line.split(" ")),
        (error) => error instanceof Error && "code" in error && /^ERR_PARSE_ARGS/.test(String(error.code)),
      );
    });
  }

  it("explains every command and option in its help", () => {
    for (const word of ["start", "check", "version", "--config", "--port", "--admin-port", "--processes"]) {
      assert.ok(USAGE.includes(word), word);
    }
  });
});
