/** Providers behind TLS: a certificate that does not prove who they are is never accepted. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { type Certificate, createAuthority, createSelfSigned } from "./support/certificates.ts";
import { askChat } from "./support/good-call.ts";
import type { RawAnswer } from "./support/http-connection.ts";
import { KEY, PROVIDER_KEY } from "./support/mock-gateway.ts";
import { assertRefusal } from "./support/refusals.ts";
import { type StartedGateway, startGateway } from "./support/started-gateway.ts";
import { startTlsFront, type TlsFront } from "./support/tls-front.ts";

const LOOPBACK = "127.0.0.1";

interface TlsProvider {
  readonly certificate: Certificate;
  /** The authority that the gateway is told to trust for it; absent leaves it to the system's. */
  readonly trusts?: string;
  /** What is wrong with it, in Node's word; absent where nothing is. */
  readonly problem?: RegExp;
}

const house = createAuthority("the house's authority");
const stranger = createAuthority("somebody else's authority");
const selfSigned = createSelfSigned({ names: [LOOPBACK] });

const PROVIDERS: Readonly<Record<string, TlsProvider>> = {
  "vouched-for": { certificate: house.issue({ names: [LOOPBACK] }), trusts: house.cert },
  "self-signed-and-trusted": { certificate: selfSigned, trusts: selfSigned.cert },
  "self-signed": { certificate: selfSigned, problem: /DEPTH_ZERO_SELF_SIGNED_CERT/ },
  "self-signed-beside-the-authority": {
    certificate: selfSigned,
    trusts: house.cert,
    problem: /DEPTH_ZERO_SELF_SIGNED_CERT/,
  },
  "unknown-authority": {
    certificate: house.issue({ names: [LOOPBACK] }),
    problem: /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
  },
  "other-authority": {
    certificate: stranger.issue({ names: [LOOPBACK] }),
    trusts: house.cert,
    problem: /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
  },
  "other-name": {
    certificate: house.issue({ names: ["provider.example", "127.0.0.2"] }),
    trusts: house.cert,
    problem: /ERR_TLS_CERT_ALTNAME_INVALID/,
  },
  expired: {
    certificate: house.issue({ names: [LOOPBACK], expired: true }),
    trusts: house.cert,
    problem: /CERT_HAS_EXPIRED/,
  },
};

let directory: string;
let mock: Mock;
let gateway: StartedGateway;
const fronts = new Map<string, TlsFront>();

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "headrace-tls-"));
  mock = await startMock({ requireKey: PROVIDER_KEY });
  const providers: Record<string, object> = { "no-tls": provider(mock.port) };
  for (const [name, { certificate, trusts }] of Object.entries(PROVIDERS)) {
    const front = await startTlsFront(certificate, mock.port);
    fronts.set(name, front);
    const caCertFile = join(directory, `${name}.pem`);
    if (trusts !== undefined) await writeFile(caCertFile, trusts);
    providers[name] = { ...provider(front.port), ...(trusts === undefined ? {} : { caCertFile }) };
  }
  gateway = await startGateway({
    config: {
      listen: { host: LOOPBACK },
      providers,
      models: Object.fromEntries(Object.keys(providers).map((name) => [name, model(name)])),
      keys: [{ name: "client", key: KEY }],
    },
    // What people set to get rid of such errors, and of Node's warning of it; it must not reach this far.
    env: { NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" },
  });
});
after(async () => {
  try {
    await gateway.stop();
  } finally {
    await Promise.all([mock, ...fronts.values()].map((server) => server.close()));
    await rm(directory, { recursive: true });
  }
});

function provider(port: number): object {
  return { adapter: "openai-compatible", baseUrl: `https://${LOOPBACK}:${port}/v1`, apiKey: PROVIDER_KEY };
}

function model(name: string): object {
  return {
    targets: [{ provider: name, model: "m" }],
    retry: { attempts: 1 },
    timeouts: { connectMs: 5_000 },
  };
}

function ask(name: string, fields: object = {}): Promise<RawAnswer> {
  return askChat(gateway.port, { model: name, ...fields });
}

for (const [name, { problem }] of Object.entries(PROVIDERS)) {
  test(`a provider that is ${name} is ${problem === undefined ? "accepted" : "refused"}`, async () => {
    mock.clear();
    const answer = await ask(name);
    if (problem === undefined) {
      assert.equal(answer.status, 200, answer.body);
      assert.match((await ask(name, { stream: true })).body, /\[DONE\]/);
      assert.equal(mock.counts.requests, 2);
      assert.equal(fronts.get(name)?.secured, 1, "the connection is kept");
      return;
    }
    const requestId = assertRefusal(answer, { code: "upstream_unreachable", message: problem });
    assert.equal(mock.counts.requests, 0, "nothing was sent, the provider's key least of all");
    const log = await gateway.waitForLog((line) => line.requestId === requestId);
    assert.deepEqual([log.status, log.errorCode, log.provider], [502, "upstream_unreachable", name]);
  });
}

test("a provider that speaks plain HTTP where TLS is expected is refused", async () => {
  mock.clear();
  const answer = await ask("no-tls");
  assertRefusal(answer, { code: "upstream_unreachable", message: /\(ERR_SSL|\(EPROTO/ });
  assert.equal(mock.counts.requests, 0);
});

test("no key and no certificate is in the log", () => {
  const said = gateway.stdout + gateway.stderr;
  for (const secret of [KEY, PROVIDER_KEY, "BEGIN CERTIFICATE"]) assert.ok(!said.includes(secret), secret);
});
