import assert from "node:assert/strict";
import { ERROR_TABLE, type ErrorCode, type ErrorRow } from "@headrace/core/errors/table";
import type { MockGateway } from "./mock-gateway.ts";

export interface ExpectedRefusal {
  readonly code: ErrorCode;
  /** The request field at fault, if there is one. */
  readonly param?: string;
  /** Where it is not the table's. */
  readonly status?: number;
  /** What the message says beyond the table's remedy. */
  readonly message?: RegExp;
}

interface AnyAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
    readonly request_id: string;
  };
}

/** Asserts that an answer is an error of the table in OpenAI's shape, whole and no more; gives its request id. */
export function assertRefusal(answer: AnyAnswer, expected: ExpectedRefusal): string {
  const row: ErrorRow = ERROR_TABLE[expected.code];
  assert.match(answer.headers.get("content-type") ?? "", /^application\/json/, answer.body);
  const requestId = answer.headers.get("x-request-id") ?? "";
  const { error } = JSON.parse(answer.body) as ErrorBody;
  const { message, ...facts } = error;
  assert.deepEqual(
    { status: answer.status, ...facts },
    {
      status: expected.status ?? row.status,
      type: row.type,
      param: expected.param ?? null,
      code: expected.code,
      request_id: requestId,
    },
    message,
  );
  assert.notEqual(requestId, "");
  assert.ok(message.endsWith(row.remedy), message);
  if (expected.message !== undefined) assert.match(message, expected.message);
  assert.equal(answer.headers.has("retry-after"), row.retryable);
  return requestId;
}

/** Asserts what the access log says of a request. */
export async function assertLogged(
  { logOf }: Pick<MockGateway, "logOf">,
  requestId: string,
  expected: { readonly status: number; readonly errorCode: ErrorCode | null },
): Promise<void> {
  const { status, errorCode = null } = await logOf(requestId);
  assert.deepEqual({ status, errorCode }, expected);
}

/** Asserts that a refusal is in the access log as what it was. */
export function assertRefusalLogged(
  up: Pick<MockGateway, "logOf">,
  requestId: string,
  { code, status }: ExpectedRefusal,
): Promise<void> {
  return assertLogged(up, requestId, { status: status ?? ERROR_TABLE[code].status, errorCode: code });
}
