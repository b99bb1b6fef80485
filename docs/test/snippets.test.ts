import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, beforeAll, describe, it } from "vitest"
import { directory, root, snippets } from "../snippets.ts"

const docs = join(root, "docs")
const { resolve: locate } = createRequire(import.meta.url)

/** The exit code, and all that a Node program printed. */
const node = (args: ReadonlyArray<string>, timeout: number): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: docs, timeout }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr })
    )
  })

/** Errors of one run of the compiler over all examples, by the file they are in. */
const errors = new Map<string, string>()

describe("examples compile", () => {
  beforeAll(async () => {
    const tsc = locate("typescript/bin/tsc")
    const { output } = await node([tsc, "-p", "tsconfig.snippets.json", "--pretty", "false"], 300_000)
    let file = ""
    for (const line of output.split("\n").filter((line) => line !== "")) {
      file = /^(?:\.snippets\/)?(.*?)\(\d+,\d+\): error/.exec(line)?.[1] ?? file
      errors.set(file, `${errors.get(file) ?? ""}${line}\n`)
    }
  }, 300_000)

  it.each(snippets.map(({ origin, file }) => [origin, file]))("%s", (_origin, file) => {
    assert.strictEqual(errors.get(file) ?? "", "")
  })

  it("and so does what they import", () => {
    const known = new Set(snippets.map(({ file }) => file))
    const others = [...errors].filter(([file]) => !known.has(file)).map(([, text]) => text)
    assert.isEmpty(others, others.join("\n"))
  })
})

describe("programs run", () => {
  const programs = snippets.filter(({ use }) => use === "run")
  const tsx = pathToFileURL(locate("tsx")).href

  it.concurrent.each(programs.map(({ origin, file }) => [origin, file]))(
    "%s",
    async (_origin, file) => {
      const { code, output } = await node(["--import", tsx, join(directory, file)], 60_000)
      assert.strictEqual(code, 0, output)
    },
    70_000
  )
})
