import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const root = fileURLToPath(new URL("../../", import.meta.url))
const { guides, published, unpublished } = await import(new URL("../version.mjs", import.meta.url).href)
const pages: ReadonlyArray<string> = guides()
const textOf = (file: string): string => readFileSync(join(root, file), "utf8")

describe("the version step", () => {
  it.each(pages)("leaves no words for the time before the first release in %s", (page) => {
    assert.notMatch(published(textOf(page)), unpublished)
  })

  it("removes a passage with its block, and nothing else", () => {
    const text = "a\n\n> **Before the first release**, b:\n>\n> ```sh\n> c\n> ```\n\n> d\n\ne\n"
    assert.strictEqual(published(text), "a\n\n> d\n\ne\n")
    assert.strictEqual(published(textOf("LICENSE")), textOf("LICENSE"))
  })
})

/** A name that npx runs is one of ours, or a package that the page installs. */
describe("npx", () => {
  const below = (folder: string): ReadonlyArray<string> =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => !file.includes("node_modules") && /\.(md|yml|sh|cron|json|ts|js|py|Dockerfile)$/.test(file))
      .map((file) => `${folder}/${file}`)
  const files = [...pages, "CONTRIBUTING.md", ...below("examples"), ...below(".github"), ...below("docs/docker")]

  it.each([...new Set(files)])("in %s runs no name that anybody could register", (file) => {
    const text = textOf(file)
    const foreign = Array.from(text.matchAll(/\bnpx (?:--?[\w-]+ )*([@\w][\w@/.-]*)/g), ([, name = ""]) => name).filter(
      (name) =>
        !name.startsWith("@checkpoint-permissions/") &&
        !new RegExp(`(npm install|npm i) .*(?<=\\s)${name}\\b|"${name}":`).test(text)
    )
    assert.deepStrictEqual(foreign, [])
  })
})

it("Changesets offers the published packages only", () => {
  const { fixed, ignore } = JSON.parse(textOf(".changeset/config.json"))
  const named = [
    "docs",
    "docs/effect4",
    "site",
    ...readdirSync(join(root, "packages")).map((name) => `packages/${name}`)
  ]
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => JSON.parse(textOf(`${folder}/package.json`)))
  assert.sameMembers(
    fixed.flat(),
    named.flatMap((one) => (one.private === true ? [] : [one.name]))
  )
  assert.sameMembers(
    ignore,
    named.flatMap((one) => (one.private === true ? [one.name] : []))
  )
})

describe("Dependabot", () => {
  const text = textOf(".github/dependabot.yml")
  const workspace = textOf("pnpm-workspace.yaml")
  const peers = Array.from(
    workspace.matchAll(/^ {2}(?:peers4?|lowest\w*|effect4):\n((?: {4}.*\n)+)/gm),
    ([, all = ""]) => Array.from(all.matchAll(/^ {4}"?([@\w/-]+)"?:/gm), ([, name = ""]) => name)
  ).flat()

  it.each([...new Set(peers)])("leaves the ranges of the peer %s alone", (name) => {
    const ignored = Array.from(text.matchAll(/dependency-name: "?([^"\n]+)"?$/gm), ([, pattern = ""]) => pattern)
    assert.isTrue(
      ignored.filter((one) => one !== "*").some((one) => new RegExp(`^${one.replaceAll("*", ".*")}$`).test(name)),
      name
    )
  })

  it("changes no major version in its group", () => {
    assert.match(text, /update-types: \[minor, patch\]/)
    assert.match(text, /dependency-name: "\*"\n\s*update-types: \["version-update:semver-major"\]/)
  })
})
