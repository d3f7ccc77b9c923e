// Gateway overhead with k6: a constant arrival rate, or virtual users that wait for their answers.
//
//   RPS=1000 DURATION=60s API_KEY=… MODEL=gpt-4o-mini k6 run bench/k6/gateway-overhead.js
//   VUS=500  DURATION=60s URL=… k6 run bench/k6/gateway-overhead.js
//
// Run it once against the gateway and once against the mock, and subtract. Environment:
//   RPS       requests a second, constant arrival (default 100; not used when VUS is set)
//   VUS       virtual users of a closed loop
//   DURATION  k6 duration (default 30s)
//   URL       chat completions address (default the gateway's default port)
//   API_KEY   client key, sent as a bearer token
//   MODEL     model name (default "mock")
//   HEADERS   more headers, a JSON object
//   BODY      the whole request body instead of the default one
//   TIMEOUT   request time limit (default 10s)

import { check } from "k6";
import http from "k6/http";
import { Counter } from "k6/metrics";

const RPS = Number(__ENV.RPS || 100);
const VUS = Number(__ENV.VUS || 0);
const DURATION = __ENV.DURATION || "30s";
const URL = __ENV.URL || "http://127.0.0.1:8080/v1/chat/completions";
const TIMEOUT = __ENV.TIMEOUT || "10s";
const BODY =
  __ENV.BODY ||
  JSON.stringify({
    model: __ENV.MODEL || "mock",
    messages: [{ role: "user", content: "x".repeat(128) }],
  });
const HEADERS = Object.assign(
  { "content-type": "application/json" },
  __ENV.API_KEY ? { authorization: `Bearer ${__ENV.API_KEY}` } : {},
  JSON.parse(__ENV.HEADERS || "{}"),
);

const PERCENTILES = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 97, 98, 99, 99.5, 99.9];

const load =
  VUS > 0
    ? { executor: "constant-vus", vus: VUS, duration: DURATION }
    : {
        executor: "constant-arrival-rate",
        rate: RPS,
        timeUnit: "1s",
        duration: DURATION,
        preAllocatedVUs: Math.max(20, Math.ceil(RPS * 0.2)),
        maxVUs: Math.max(50, RPS * 2),
      };

export const options = {
  scenarios: { load },
  discardResponseBodies: true,
  summaryTrendStats: ["max", ...PERCENTILES.map((percentile) => `p(${percentile})`)],
};

const succeeded = new Counter("headrace_succeeded");
const failed = {
  "no answer": new Counter("headrace_no_answer"),
  "status 4xx": new Counter("headrace_status_4xx"),
  "status 5xx": new Counter("headrace_status_5xx"),
  "other status": new Counter("headrace_other_status"),
};

function failureOf(status) {
  if (status === 0) return "no answer";
  if (status >= 400 && status < 500) return "status 4xx";
  return status >= 500 ? "status 5xx" : "other status";
}

/** One request beside the load: a wrong key or model is told at once, in the gateway's own words. */
export function setup() {
  const params = { headers: HEADERS, timeout: TIMEOUT, responseType: "text" };
  const { status, body, error } = http.post(URL, BODY, params);
  // biome-ignore lint/suspicious/noConsole: k6 has no other way to say something
  if (status !== 200) console.warn(`the first answer has status ${status}: ${body || error}`);
}

export default function chat() {
  const response = http.post(URL, BODY, { headers: HEADERS, timeout: TIMEOUT });
  const ok = check(response, { "status is 200": (answer) => answer.status === 200 });
  (ok ? succeeded : failed[failureOf(response.status)]).add(1);
}

export function handleSummary(data) {
  const count = (name) => (data.metrics[name] ? data.metrics[name].values.count : 0);
  const latency = data.metrics.http_req_duration.values;
  const errors = {};
  for (const [failure, { name }] of Object.entries(failed))
    if (count(name) > 0) errors[failure] = count(name);
  const answered = count("headrace_succeeded");
  const result = {
    sent: Object.values(errors).reduce((sum, failures) => sum + failures, answered),
    succeeded: answered,
    errors,
    // Iterations that found no free virtual user: load that was due and never sent.
    neverSent: count("dropped_iterations"),
    rps: answered / (data.state.testRunDurationMs / 1000),
    percentiles: [
      ...PERCENTILES.map((percentile) => [percentile, latency[`p(${percentile})`]]),
      [100, latency.max],
    ],
  };
  return { stdout: `JSON ${JSON.stringify(result)}\n` };
}
