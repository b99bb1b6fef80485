/**
 * `npm run release`: checks the packages once more, and publishes those whose version is new, with provenance: npm
 * shows from which commit and workflow a package was built. It runs in `.github/workflows/release.yml` only, which has
 * the identity that provenance is signed with.
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { isPlaceholder } from "../tools/address.mjs"
import { fail, pnpm, root } from "./install.mjs"

if (isPlaceholder) fail("release: the packages have no address yet: set it in tools/address.mjs")
if (process.env["GITHUB_ACTIONS"] !== "true")
  fail("release: provenance needs the workflow .github/workflows/release.yml")
const { status } = spawnSync(process.execPath, [join(root, "scripts/pack.mjs"), "--check"], { stdio: "inherit" })
if (status !== 0) fail("release: see the lines above")
if (!pnpm("publish", "-r", "--provenance", "--access", "public", "--no-git-checks")) fail("release: publishing failed")
