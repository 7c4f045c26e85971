# syntax=docker/dockerfile:1

# The builder's Debian is the runtime's, so that the binary finds its libc.
FROM rust:1.95-bookworm AS builder
WORKDIR /build
COPY . .
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --package backlog-mcp-hub \
    && cp target/release/backlog-mcp-hub /usr/local/bin/

FROM debian:bookworm-slim
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
