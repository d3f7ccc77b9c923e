import assert from "node:assert/strict";
import { test } from "node:test";
import { recordMachine, withoutHostPaths } from "./machine.ts";
import { choosePinning } from "./pinning.ts";

test("host paths are cut to their last part, web addresses and options stay", () => {
  assert.equal(
    withoutHostPaths("--litellm=/home/me/venv/bin/litellm --rps 100"),
    "--litellm=litellm --rps 100",
  );
  assert.equal(
    withoutHostPaths("/opt/x/bin/kong start -c '/etc/kong/kong.conf'"),
    "kong start -c 'kong.conf'",
  );
  assert.equal(withoutHostPaths("http://127.0.0.1:8080/v1/chat"), "http://127.0.0.1:8080/v1/chat");
});

test("the machine record names the commit and no folder of the machine", () => {
  const record = recordMachine(["--kong", "/opt/kong/bin/kong"]);
  assert.equal(record.commandLine, "pnpm bench --kong kong");
  assert.ok(record.cores >= 1);
  assert.match(record.node, /^v\d+/);
});

test("the gateway gets a core of its own as soon as there are two", () => {
  assert.deepEqual([choosePinning(2, true).gateway, choosePinning(2, true).generator], ["0", "1"]);
  const four = choosePinning(4, true);
  assert.equal(new Set([four.gateway, four.mock, four.generator]).size, 3);
  assert.equal(choosePinning(1, true).gateway, undefined);
  assert.match(choosePinning(8, false).description, /taskset/);
});
