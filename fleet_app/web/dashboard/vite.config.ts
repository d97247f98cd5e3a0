import { defineConfig } from "vitest/config";

/** The worker that `npx vite` passes questions on to; the built page is served by a worker itself. */
const worker = process.env["FLEET_URL"] ?? "http://127.0.0.1:8080";
const asked = { target: worker, ws: true, changeOrigin: true, headers: { Origin: worker } };

export default defineConfig({
  base: "/",
  server: { proxy: Object.fromEntries(["/api", "/live", "/login", "/logout", "/map/"].map((path) => [path, asked])) },
  build: {
    outDir: "dist",
    assetsDir: "assets",
    target: "es2023",
    // Everything is a file of its own: the page's policy allows no data: scripts, and hashes let browsers keep them.
    assetsInlineLimit: 0,
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"] },
});
