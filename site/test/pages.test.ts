import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { schemas } from "../../packages/cli/schemas.ts"
import { site } from "../../tools/address.mjs"
import { llms } from "../generate/plainText.ts"
import { schemaAddress } from "../generate/schemas.ts"
import { allPages, groups, published, root } from "../pages.ts"

it("every guide and decision has a place in the navigation, once", () => {
  const present = [
    ...readdirSync(join(root, "docs")).map((file) => `docs/${file}`),
    ...["decisions", "guarantees"].flatMap((folder) =>
      readdirSync(join(root, "docs", folder)).map((file) => `docs/${folder}/${file}`)
    )
  ].filter((file) => file.endsWith(".md") && file !== "docs/README.md")
  const listed = groups.flatMap(({ pages }) => pages.map(({ file }) => file))
  assert.sameMembers(
    listed.filter((file) => file.startsWith("docs/")),
    present
  )
})

it("a page is about published packages", () => {
  for (const { file, packages } of allPages) assert.includeMembers([...published], [...packages], file)
})

it("llms.txt names every page as Markdown", () => {
  const text = llms()
  assert.match(text, /^# checkpoint-permissions\n\n> See and change/)
  assert.strictEqual(text.match(/\.md\): /g)?.length, allPages.length + 1)
})

it("every JSON Schema has a file of its own on the site, to which the page of the command line links", () => {
  const linked = Array.from(
    readFileSync(join(root, "docs/command-line.md"), "utf8").matchAll(/\]\(([^()\s]*\.schema\.json)\)/g),
    ([, link = ""]) => link
  )
  const addresses = Object.keys(schemas).map((path) => new URL(schemaAddress(path), site).href)
  assert.sameMembers(linked, addresses)
  assert.lengthOf(new Set(addresses), addresses.length)
})
