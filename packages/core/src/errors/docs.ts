import { ERROR_TABLE, type ErrorRow } from "./table.ts";

const HEAD = `# Errors

Every error that Headrace itself answers with. This page is generated from
[table.ts](../packages/core/src/errors/table.ts); a test keeps the two equal.

On the OpenAI wire the body is

\`\`\`json
{ "error": { "message": "…", "type": "…", "param": null, "code": "…", "request_id": "…" } }
\`\`\`

with \`type\` and \`code\` from this table and, in \`param\`, the request field at fault if there is one. Quote
\`request_id\` when you ask for help; it is also in the \`x-request-id\` header. When an error comes after a stream
has begun, the same body is sent as an event, and no \`[DONE]\` follows. "Retry" says whether the same request
may succeed later; those answers carry \`Retry-After\`. An error that a provider answers with is passed on with
the provider's own status and text.
`;

/** The text of docs/errors.md. */
export function errorsMarkdown(): string {
  const rows = Object.entries<ErrorRow>(ERROR_TABLE).map(
    ([code, row]) =>
      `| \`${code}\` | ${row.status} | \`${row.type}\` | ${row.retryable ? "yes" : "no"} | ${row.summary} | ${row.remedy} |`,
  );
  return [
    HEAD,
    "| code | status | type | retry | what happened | what to do |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
