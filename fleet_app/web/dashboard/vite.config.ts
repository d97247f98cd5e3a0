import { defineConfig } from "vitest/config";

/** The worker that `npx vite` passes questions on to; the built page is served by a worker itself. */
const worker = process.env["FLEET_URL"] ?? "http://127.0.0.1:8080";
const asked = { target: worker, ws: true, changeOrigin: true, headers: { Origin: worker } };

export default defineConfig({
  base: "/",
  server: {
    proxy: Object.fromEntries(["/api", "/live", "/login", "/logout", "/map/", "/metrics"].map((path) => [path, asked])),
  },
  build: {
    outDir: "dist",
    assetsDir: "assets",
    target: "es2023",
    // Everything is a file of its own: the page's policy allows no data: scripts, and hashes let browsers keep them.
    assetsInlineLimit: 0,
    // What is loaded with what; and the licences of all that is in the bundles, which must come along with them.
    manifest: true,
    license: { fileName: "licenses.md" },
    // MapLibre alone is larger than Vite's limit; a test holds the sum of what a page loads.
    chunkSizeWarningLimit: 1_200,
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"], setupFiles: ["tests/browser_parts.ts"] },
});
