# Headrace as a container: the gateway's build, its production dependencies and Node, run by a user without rights.
#
#   docker build -t headrace .
#   docker run -p 8080:8080 -v ./headrace.yaml:/etc/headrace/headrace.yaml:ro headrace
#
# The base must have glibc 2.38 or newer: then uWebSockets.js loads as it was published.
ARG BASE=node:24.21.0-trixie-slim

FROM ${BASE} AS build
WORKDIR /src
# What the installation depends on comes first, so that a changed source does not install everything anew.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/core/package.json packages/core/
COPY packages/providers/package.json packages/providers/
COPY packages/routing/package.json packages/routing/
COPY packages/workers/package.json packages/workers/
COPY packages/mock-upstream/package.json packages/mock-upstream/
COPY packages/gateway/package.json packages/gateway/
COPY bench/package.json bench/
COPY scripts/bootstrap.mjs scripts/relink-uws.mjs scripts/
COPY scripts/bootstrap/ scripts/bootstrap/
RUN node scripts/bootstrap.mjs install
COPY . .
RUN node scripts/bootstrap.mjs assemble /app

FROM ${BASE}
ENV NODE_ENV=production PATH=/app/bin:$PATH
WORKDIR /app
COPY --from=build /app /app
USER node
# 8080: clients, /livez, /readyz. 8081: metrics and administration; the configuration opens it beyond loopback.
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=2s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["headrace", "start"]
CMD ["--config", "/etc/headrace/headrace.yaml"]
