// Loaded before backlog-mcp-server: it only knows https, and the simulated Backlog speaks http.

const original = globalThis.fetch;
globalThis.fetch = (resource, options) =>
  original(String(resource).replace(/^https:\/\/127\.0\.0\.1:/, "http://127.0.0.1:"), options);
