/**
 * The configuration of a gateway that was started without a file: a mock provider inside, the model
 * servers of this machine, on loopback, with one client key.
 *
 * @param clientKey 8 to 512 visible ASCII characters.
 */
export function demoConfigText(clientKey: string): string {
  const key = JSON.stringify(clientKey.replaceAll("${", () => "$${"));
  return `listen: { host: 127.0.0.1 }
discovery: { local: true }
providers:
  mock: { adapter: mock }
models:
  gpt-4o: { targets: [{ provider: mock, model: gpt-4o }] }
  gpt-4o-mini: { targets: [{ provider: mock, model: gpt-4o-mini }] }
  text-embedding-3-small: { targets: [{ provider: mock, model: text-embedding-3-small }] }
keys:
  - { name: demo, key: ${key} }
`;
}
