# Needs BuildKit, the default since Docker 23.
#
# Images are pinned by digest: a tag can be moved to another image. The update bot moves them.
#
#   docker build --tag backlog-mcp-hub .
#   docker run --rm -p 127.0.0.1:3333:3333 -p 127.0.0.1:3334:3334 backlog-mcp-hub demo

# The builder's Debian is that of the runtime, so that the binary finds its libc.
FROM rust:1.95-bookworm@sha256:6258907abe69656e41cd992e0b705cdcfabcbbe3db374f92ed2d47121282d4a1 AS builder
WORKDIR /build
COPY . .
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --package backlog-mcp-hub \
    && cp target/release/backlog-mcp-hub /usr/local/bin/

FROM debian:bookworm-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251
LABEL org.opencontainers.image.title="backlog-mcp-hub" \
      org.opencontainers.image.description="MCP server for Nulab Backlog, with sign-in by OAuth" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# Backlog and the database are reached over TLS with the system's roots. `demo`, and `serve` without
# DATABASE_URL, run the PostgreSQL of this image; the package is kept from creating a cluster.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates postgresql-common \
    && sed -ri 's/#(create_main_cluster) .*$/\1 = false/' /etc/postgresql-common/createcluster.conf \
    && apt-get install -y --no-install-recommends postgresql-15 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/backlog-mcp-hub \
        --shell /usr/sbin/nologin hub \
    && install --directory --mode=0700 --owner=hub --group=hub /var/lib/backlog-mcp-hub
COPY --from=builder /usr/local/bin/backlog-mcp-hub /usr/local/bin/
USER 10001:10001
# The data directory is /var/lib/backlog-mcp-hub: mount a volume there to keep it.
ENV MCP_HTTP_HOST=0.0.0.0 \
    XDG_DATA_HOME=/var/lib
# The hub; and the simulated Backlog of `demo`, which the browser has to reach, too.
EXPOSE 3333 3334
# Health: GET /health and GET /ready on port 3333, for the orchestrator to request.
ENTRYPOINT ["backlog-mcp-hub"]
CMD ["serve"]
