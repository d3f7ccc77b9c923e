import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { upstreamFailure } from "./failure.ts";

const platformError = (code: string): Error =>
  Object.assign(new Error("connect 10.1.2.3:443 by secret-host"), { code });

for (const [platformCode, code] of [
  ["UND_ERR_CONNECT_TIMEOUT", "upstream_connect_timeout"],
  ["ETIMEDOUT", "upstream_connect_timeout"],
  ["UND_ERR_SOCKET", "upstream_cut"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "upstream_cut"],
  ["ECONNRESET", "upstream_cut"],
  ["EPIPE", "upstream_cut"],
  ["UND_ERR_HEADERS_OVERFLOW", "upstream_invalid_response"],
  ["HPE_INVALID_CONSTANT", "upstream_invalid_response"],
  ["HPE_HEADER_OVERFLOW", "upstream_invalid_response"],
  ["ECONNREFUSED", "upstream_unreachable"],
  ["ENOTFOUND", "upstream_unreachable"],
  ["CERT_HAS_EXPIRED", "upstream_unreachable"],
  ["SOMETHING_NEW", "upstream_unreachable"],
] as const) {
  test(`${platformCode} is ${code}`, () => {
    const cause = platformError(platformCode);
    const failure = upstreamFailure(cause);
    assert.equal(failure.code, code);
    assert.equal(failure.cause, cause);
    assert.ok(!failure.message.includes("10.1.2.3") && !failure.message.includes("secret-host"));
  });
}

test("what could not be reached is told with the platform's code", () => {
  assert.match(upstreamFailure(platformError("ENOTFOUND")).message, /\(ENOTFOUND\)/);
  assert.match(upstreamFailure(new Error("odd")).message, /\(unknown cause\)/);
});

test("an answer that is no HTTP is known by the error's name where it has no code", () => {
  const unparsable = Object.assign(new Error("Response does not match"), { name: "HTTPParserError" });
  assert.equal(upstreamFailure(unparsable).code, "upstream_invalid_response");
});

test("the code is found behind wrappers", () => {
  const wrapped = new TypeError("fetch failed", { cause: platformError("ECONNRESET") });
  assert.equal(upstreamFailure(wrapped).code, "upstream_cut");
  const several = new AggregateError([platformError("ECONNREFUSED"), platformError("ENETUNREACH")]);
  assert.match(upstreamFailure(several).message, /ECONNREFUSED/);
});

test("a GatewayError stays what it is, and what is no error is no crash", () => {
  const own = new GatewayError("upstream_idle_timeout");
  assert.equal(upstreamFailure(own), own);
  for (const odd of [null, undefined, "text", 7, {}]) {
    assert.equal(upstreamFailure(odd).code, "upstream_unreachable");
  }
});
