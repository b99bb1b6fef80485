import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, assert, beforeEach, it } from "vitest"
import { repository } from "../../tools/address.mjs"
import { deadLinks } from "../check/links.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "checkpoint-permissions-links-"))
  mkdirSync(join(folder, "deep"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, html: string): void => writeFileSync(join(folder, name), html)

it("finds pages, anchors and sources that are not there, and nothing else", () => {
  write(
    "index.html",
    [
      `<h1 id="top">`,
      `<a href="#top">`,
      `<a href="/base/deep/page.html#there">`,
      `<a href="/base/deep/page">`,
      `<a href="/base/">`,
      `<a href="https://effect.website">`,
      `<a href="${repository}/blob/main/package.json">`,
      `<a href="#nowhere">`,
      `<a href="/base/none.html">`,
      `<a href="/base/deep/page.html#gone">`,
      `<a href="/elsewhere/">`,
      `<img src="/base/none.png">`,
      `<a href="${repository}/blob/main/none.json">`
    ].join("\n")
  )
  write("deep/page.html", `<h2 id="there"><a href="../index.html#top"><a href="./page.html"><a href="missing.html">`)
  assert.sameMembers(
    deadLinks(folder, "/base/").map(({ link }) => link),
    [
      "#nowhere",
      "/base/none.html",
      "/base/deep/page.html#gone",
      "/elsewhere/",
      "/base/none.png",
      `${repository}/blob/main/none.json`,
      "missing.html"
    ]
  )
})
