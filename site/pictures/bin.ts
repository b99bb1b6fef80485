/**
 * `npm run pictures`: the pictures of the README, from real runs: a plan in a terminal, and the page of an
 * audit of a fake organization in Chromium, light and dark.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Access, AccessMatrix } from "@checkpoint-permissions/access"
import { CheckpointPermissions } from "@checkpoint-permissions/client"
import { Identifiers } from "@checkpoint-permissions/core"
import { FakePermissions, Faults } from "@checkpoint-permissions/testing"
import { Effect, Layer, Redacted } from "effect"
import { chromium } from "playwright-core"
import { root } from "../pages.ts"
import { terminal } from "./terminal.ts"

const images = join(root, "docs/images")

/** A plan of the fake organization of the guides. */
const options = ["plan", "--file", "docs/seeds/policy.yaml", "--fake", "--seed-file", "docs/seeds/organization.json"]
const plan = execFileSync(process.execPath, [join(root, "scripts/run.mjs"), "cli", ...options], {
  cwd: root,
  encoding: "utf8"
})
const shown = plan.trimEnd().split("\n")
writeFileSync(join(images, "terminal.svg"), terminal("checkpoint-permissions plan --file policy.yaml", shown))

const models = ["weather", "legal", "support"]
const checkpoints = models.map((model, index) =>
  Identifiers.CheckpointId.make(`ft:gpt-4o-mini-2024-07-18:acme:${model}:B7R9VjQ${index}`)
)
const projects = ["proj_search", "proj_papers", "proj_support", "proj_legal", "proj_ads", "proj_intern", "proj_lab"]
const seed = Object.fromEntries(
  checkpoints.map((checkpoint, row) => [checkpoint, projects.filter((_, column) => (row * 5 + column * 3) % 7 < 3)])
)
const [owned = "", unread = ""] = checkpoints
const faults = Faults.scripted([
  { fault: Faults.error(404, { message: "Not found" }), operation: "list", checkpoint: unread }
])
const layer = CheckpointPermissions.layer({ adminKey: Redacted.make("sk-admin-test") }).pipe(
  Layer.provide(FakePermissions.layer({ seed, faults }))
)
const html = await Effect.runPromise(
  Access.audit(checkpoints, { owners: { [owned]: "proj_lab" }, names: { proj_lab: "Laboratory" } }).pipe(
    Effect.map((matrix) => AccessMatrix.toHtml(matrix)),
    Effect.provide(Access.layer),
    Effect.provide(layer)
  )
)

const folder = mkdtempSync(join(tmpdir(), "checkpoint-permissions-pictures-"))
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox"] })
try {
  const file = join(folder, "audit.html")
  writeFileSync(file, html)
  for (const [colorScheme, name] of [
    ["light", "page"],
    ["dark", "page-dark"]
  ] as const) {
    const page = await browser.newPage({ viewport: { width: 1000, height: 700 }, colorScheme })
    await page.goto(pathToFileURL(file).href)
    await page.screenshot({ path: join(images, `${name}.png`), fullPage: true })
  }
} finally {
  await browser.close()
  rmSync(folder, { recursive: true, force: true })
}
