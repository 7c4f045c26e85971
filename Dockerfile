# Images are pinned by digest: a tag can be moved to another image. The update bot moves them.
# BuildKit is needed (the default since Docker 23).

# The builder's Debian is the runtime's, so that the binary finds its libc.
FROM rust:1.95-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1 AS builder
WORKDIR /build
COPY . .
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --package backlog-mcp-hub \
    && cp target/release/backlog-mcp-hub /usr/local/bin/

FROM debian:bookworm-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251
# Backlog and the database are reached over TLS with the system's roots.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin hub
COPY --from=builder /usr/local/bin/backlog-mcp-hub /usr/local/bin/
USER 10001:10001
ENV MCP_HTTP_HOST=0.0.0.0
EXPOSE 3333
# Health: GET /health and GET /ready on port 3333, for the orchestrator to ask.
ENTRYPOINT ["backlog-mcp-hub"]
CMD ["serve"]
