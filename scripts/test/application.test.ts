import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "vitest"

const root = fileURLToPath(new URL("../../", import.meta.url))
const examples = readdirSync(join(root, "examples"), { withFileTypes: true }).filter((entry) => entry.isDirectory())
const application = await import(new URL("../application.mjs", import.meta.url).href)

const tarballs = ["access", "cli", "client", "core", "effect4", "fake", "protocol", "testing"].map(
  (name) => `/elsewhere/checkpoint-permissions-${name}-1.2.3.tgz`
)

const home = mkdtempSync(join(tmpdir(), "application-"))
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe.each(examples.map(({ name }) => name))("an application of the example %s", (name) => {
  it("has the name of its folder, the command line, and the packages by paths in itself", () => {
    const example = JSON.parse(readFileSync(join(root, "examples", name, "package.json"), "utf8"))
    const made = application.manifestOf(example, "My Service", tarballs)
    assert.strictEqual(made.name, "my-service")
    const named = Object.entries<string>({ ...made.devDependencies, ...made.dependencies, ...made.overrides })
    const ours = named.filter(([one]) => one.startsWith("@checkpoint-permissions/"))
    for (const [one, version] of ours) {
      assert.strictEqual(version, `file:./tarballs/checkpoint-permissions-${one.split("/")[1]}-1.2.3.tgz`)
    }
    assert.property({ ...made.devDependencies, ...made.dependencies }, "@checkpoint-permissions/cli")
    assert.strictEqual(made.dependencies.effect, example.dependencies.effect)
  })

  it("has links to files in it, and to addresses", () => {
    const page = readFileSync(join(root, "examples", name, "README.md"), "utf8")
    const text: string = application.withAddresses(page, `examples/${name}`, true)
    const withoutAddress: string = application.withAddresses(page, `examples/${name}`, false)
    assert.notMatch(withoutAddress, /\]\(\.\.|\/blob\/main\//)
    for (const [, link = ""] of text.matchAll(/\]\(([^)]*)\)/g)) {
      const inRepository = /\/blob\/main\/([^#]*)/.exec(link)?.[1]
      assert.isFalse(link.startsWith(".."), link)
      assert.isTrue(existsSync(join(root, inRepository ?? `examples/${name}/${link}`)), link)
    }
  })
})

describe("a folder with an application", () => {
  it("keeps its name and its files, and gets changed tarballs by another name", () => {
    const folder = join(home, "existing")
    const tarball = join(home, "checkpoint-permissions-core-0.0.0.tgz")
    mkdirSync(join(folder, "tarballs"), { recursive: true })
    writeFileSync(join(folder, "tarballs/other.tgz"), "")
    const kept = ["1", "2"].map((content) => {
      writeFileSync(tarball, content)
      application.writeApplication(folder, { dependencies: { "@checkpoint-permissions/core": "" } }, [tarball], "@a/b")
      const { dependencies, name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
      const files = readdirSync(join(folder, "tarballs")).sort()
      assert.strictEqual(name, "@a/b")
      assert.deepStrictEqual(files.slice(1), ["other.tgz"])
      assert.strictEqual(dependencies["@checkpoint-permissions/core"], `file:./tarballs/${files[0]}`)
      return files[0]
    })
    assert.notStrictEqual(kept[0], kept[1])
  })
})

describe("the tarballs of the packages", () => {
  it("are made again only if a file has changed, other than a test or what is built", () => {
    const source = join(home, "source")
    for (const folder of ["src", "test", "dist"]) mkdirSync(join(source, folder), { recursive: true })
    const write = (file: string, text: string) => writeFileSync(join(source, file), text)
    write("package.json", "{}")
    write("src/a.ts", "1")
    let made = 0
    const get = () =>
      application.tarballsOf(join(home, "tarballs"), application.fingerprintOf(home, source), (folder: string) => {
        made += 1
        writeFileSync(join(folder, "a.tgz"), "")
      })
    assert.deepStrictEqual(get(), [join(home, "tarballs/a.tgz")])
    write("test/a.test.ts", "1")
    write("dist/a.js", "1")
    assert.deepStrictEqual([get().length, made], [1, 1])
    write("src/a.ts", "2")
    assert.deepStrictEqual([get().length, made], [1, 2])
  })
})
