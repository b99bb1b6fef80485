/** Run by npm before a package is published from its folder: the release publishes the tarballs of `scripts/pack.mjs`. */
import { existsSync } from "node:fs"
import { fail } from "./install.mjs"

if (!existsSync("dist")) fail("publish: this package has no dist: publish the tarballs of node scripts/pack.mjs")
