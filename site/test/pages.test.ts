import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import { llms } from "../generate/plainText.ts"
import { siteLink } from "../markdown/links.ts"
import { allPages, groups, published, root, schemas } from "../pages.ts"

it("every guide and decision has a place in the navigation, once", () => {
  const present = [
    ...readdirSync(join(root, "docs")).map((file) => `docs/${file}`),
    ...readdirSync(join(root, "docs/decisions")).map((file) => `docs/decisions/${file}`)
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

it("every JSON Schema is on the site, where the page of formats links to it", () => {
  const page = "docs/formats.md"
  const linked = Array.from(
    readFileSync(join(root, page), "utf8").matchAll(/\]\(([^()\s]*\.schema\.json)\)/g),
    ([, link = ""]) => link
  )
  assert.sameMembers(
    linked.map((link) => siteLink(page, link)),
    schemas.map((file) => `/schemas/${file.slice(file.lastIndexOf("/") + 1)}`)
  )
})
