/** The command line: what it prints, what it refuses, and with which exit code. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createSelfSigned } from "./support/certificates.ts";
import { runCommand } from "./support/run-command.ts";
import { startGateway } from "./support/started-gateway.ts";

const GOOD = `providers: { p: { adapter: openai-compatible, baseUrl: "http://127.0.0.1:9/v1" } }
models: { m: { targets: [{ provider: p, model: x }] } }
keys: [{ name: ci, key: "\${HEADRACE_TEST_UNSET:-sk-12345678}" }]
`;

describe("headrace", { timeout: 60_000 }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "headrace-command-"));
  });
  after(() => rm(folder, { recursive: true }));

  const put = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };

  it("without a command, and help, explain themselves", async () => {
    for (const args of [[], ["help"], ["start", "--help"]]) {
      const { code, stdout, stderr } = await runCommand(...args);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /headrace start \[--config FILE\]/);
    }
  });

  it("version prints the package's version and nothing else", async () => {
    const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
    assert.deepEqual(await runCommand("version"), { code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });

  it("check says that a good configuration is good", async () => {
    const file = await put("good.yaml", GOOD);
    const { code, stdout, stderr } = await runCommand("check", "--config", file);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /good\.yaml is a valid configuration \(\S+\)\n$/);
  });

  for (const command of ["check", "start"]) {
    it(`${command} names every problem of a configuration by file and line, and fails`, async () => {
      const file = await put("bad.yaml", "providers: {}\nmodels: { m: { targets: [] } }\nkyes: []\n");
      const { code, stdout, stderr } = await runCommand(command, "--config", file);
      assert.deepEqual([code, stdout], [1, ""]);
      const lines = stderr.trimEnd().split("\n");
      assert.ok(lines.length >= 2);
      for (const line of lines) assert.ok(line.startsWith(`${file}:`), line);
      assert.ok(
        lines.some((line) => /bad\.yaml:3:1 kyes: .*keys/.test(line)),
        stderr,
      );
      assert.ok(
        lines.some((line) => /bad\.yaml:2:\d+ models\.m\.targets/.test(line)),
        stderr,
      );
    });
  }

  it("refuses a file that is not there, in one line", async () => {
    const file = join(folder, "none.yaml");
    const { code, stderr } = await runCommand("start", "--config", file);
    assert.deepEqual([code, stderr], [1, `${file}: the configuration file cannot be read (ENOENT)\n`]);
  });

  describe("with files of TLS", () => {
    const files = createSelfSigned({ names: ["localhost"] });
    const paths = { cert: "", key: "", strange: "", none: "" };
    before(async () => {
      paths.cert = await put("cert.pem", files.cert);
      paths.key = await put("key.pem", files.key);
      paths.strange = await put("strange.pem", createSelfSigned({ names: ["localhost"] }).key);
      paths.none = join(folder, "none.pem");
    });

    const withTls = (cert: string, key: string): string =>
      `${GOOD}listen: { tls: { cert: "${cert}", key: "${key}" } }\n`;

    for (const [name, text, problems] of [
      [
        "that are not there",
        () => withTls(paths.none, paths.none),
        [/listen\.tls\.cert names .*none\.pem, .*\(ENOENT\)$/, /listen\.tls\.key names .*\(ENOENT\)$/],
      ],
      ["that are folders", () => withTls(folder, paths.key), [/listen\.tls\.cert names .* \(EISDIR\)$/]],
      [
        "in each other's place",
        () => withTls(paths.key, paths.cert),
        [
          /cert names .*key\.pem, which holds no certificate/,
          /key names .*cert\.pem, which holds no private key/,
        ],
      ],
      [
        "that do not belong together",
        () => withTls(paths.cert, paths.strange),
        [/listen\.tls\.key names .*strange\.pem, which is not the key of .*cert\.pem$/],
      ],
      [
        "of a provider that are not there",
        () => GOOD.replace("http:", "https:").replace('v1" }', `v1", caCertFile: "${paths.none}" }`),
        [/providers\.p\.caCertFile names .*none\.pem, which cannot be read \(ENOENT\)$/],
      ],
    ] as const) {
      for (const command of ["check", "start"]) {
        it(`${command} refuses those ${name}`, async () => {
          const file = await put("tls.yaml", text());
          const { code, stdout, stderr } = await runCommand(command, "--config", file);
          assert.deepEqual([code, stdout], [1, ""]);
          const lines = stderr.trimEnd().split("\n");
          assert.equal(lines.length, problems.length, stderr);
          for (const [i, line] of lines.entries()) {
            assert.ok(line.startsWith(`${file}: `), line);
            assert.match(line, problems[i] ?? /never/);
          }
        });
      }
    }

    it("check takes those that are right", async () => {
      const file = await put("tls.yaml", withTls(paths.cert, paths.key));
      const { code, stderr } = await runCommand("check", "--config", file);
      assert.deepEqual([code, stderr], [0, ""]);
    });
  });

  it("refuses a reference to a variable that is not set", async () => {
    const file = await put("env.yaml", GOOD.replace(":-sk-12345678", ""));
    const { code, stderr } = await runCommand("check", "--config", file);
    assert.equal(code, 1);
    assert.match(stderr, /env\.yaml:3:\d+ keys\[0\]\.key: .*HEADRACE_TEST_UNSET/);
  });

  for (const [args, code, sentence] of [
    [["serve"], 1, /^headrace: there is no command "serve"; see headrace help\n$/],
    [["check"], 1, /^headrace: headrace check needs --config FILE\n$/],
    [
      ["start", "--port", "99999"],
      1,
      /^headrace: --port takes a whole number from 0 to 65535, not "99999"\n$/,
    ],
    [["start", "--prot", "1"], 2, /^headrace: .*--prot/],
  ] as const) {
    it(`refuses "${args.join(" ")}" in one sentence`, async () => {
      const result = await runCommand(...args);
      assert.deepEqual([result.code, result.stdout], [code, ""]);
      assert.match(result.stderr, sentence);
      assert.equal(result.stderr.split("\n").length, 2);
    });
  }

  describe("on a port that somebody has", () => {
    const somebody = createServer();
    let port = 0;
    before(async () => {
      await once(somebody.listen(0, "127.0.0.1"), "listening");
      port = (somebody.address() as AddressInfo).port;
    });
    after(() => somebody.close());

    for (const [flag, other] of [
      ["--port", "--admin-port"],
      ["--admin-port", "--port"],
    ] as const) {
      it(`refuses ${flag} in one sentence`, async () => {
        const result = await runCommand("start", flag, String(port), other, "0", "--processes", "2");
        assert.deepEqual([result.code, result.stdout], [1, ""]);
        assert.match(
          result.stderr,
          new RegExp(`^headrace: port ${port} is taken by another program; .*${flag}`),
        );
        assert.equal(result.stderr.split("\n").length, 2);
      });
    }
  });

  it("on a port of another headrace too, which the system would let it share", async () => {
    const first = await startGateway({ processes: 2 });
    const result = await runCommand("start", "--port", String(first.port), "--admin-port", "0");
    assert.equal(result.code, 1);
    assert.match(result.stderr, /is taken by another program/);
    await first.stop();
  });
});

describe("headrace start without a file", { timeout: 60_000 }, () => {
  it("prints a call that works when it is pasted, and shows its key once", async () => {
    const gateway = await startGateway();
    const ready = gateway.logs.find((line) => line.msg === "ready");
    assert.ok(gateway.port > 0 && gateway.adminPort > 0);
    assert.deepEqual([ready?.port, ready?.adminPort], [gateway.port, gateway.adminPort]);
    await gateway.waitForStdout(/Ctrl-C stops it/);
    const url = /curl (\S+)/.exec(gateway.stdout)?.[1] ?? "";
    const key = /Authorization: Bearer (\S+)"/.exec(gateway.stdout)?.[1] ?? "";
    const body = /-d '(\{.*\})'/.exec(gateway.stdout)?.[1] ?? "";
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body });
    assert.equal(answer.status, 200);
    const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
    assert.ok((choices[0]?.message.content.length ?? 0) > 0);
    await gateway.stop();
    assert.ok(gateway.logs.every((line) => !JSON.stringify(line).includes(key)));
  });
});
