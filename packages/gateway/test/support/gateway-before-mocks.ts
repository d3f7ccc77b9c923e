/** A started gateway and the mock providers that it stands before, which end together. */
import type { LogLine } from "./log-tail.ts";
import { type StartedGateway, type StartOptions, startGateway } from "./started-gateway.ts";

export interface GatewayBeforeMocks {
  readonly gateway: StartedGateway;
  /** What an SDK takes as its base URL. */
  readonly baseUrl: string;
  /** The access log's line of one request. */
  logOf(requestId: string | null | undefined): Promise<LogLine>;
  /** Ends the mocks too. */
  close(): Promise<void>;
}

/** @param mocks - that run; they are closed when the gateway does not start */
export async function startBeforeMocks(
  mocks: readonly { close(): Promise<void> }[],
  options: StartOptions,
): Promise<GatewayBeforeMocks> {
  const closeMocks = async (): Promise<void> => {
    await Promise.all(mocks.map((mock) => mock.close()));
  };
  const gateway = await startGateway(options).catch(async (error: unknown) => {
    await closeMocks(); // or the test run would never end
    throw error;
  });
  return {
    gateway,
    baseUrl: `${gateway.url}/v1`,
    logOf: (requestId) =>
      gateway.waitForLog((line) => line.msg === "request" && line.requestId === requestId),
    async close() {
      try {
        await gateway.stop();
      } finally {
        await closeMocks();
      }
    },
  };
}
