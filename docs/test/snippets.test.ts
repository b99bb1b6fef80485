import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, beforeAll, describe, it } from "vitest"
import { folders, snippets } from "../snippets.ts"

const { resolve: locate } = createRequire(import.meta.url)
const lines = ["effect3", "effect4"] as const

/** The exit code, and all that a Node program printed. */
const node = (
  cwd: string,
  args: ReadonlyArray<string>,
  timeout: number
): Promise<{ code: number | null; output: string }> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd, timeout }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr })
    )
  })

describe.each(lines)("examples for %s compile", (line) => {
  const all = snippets.filter((snippet) => snippet.line === line)
  /** Errors of one run of the compiler over all examples, by the file they are in. */
  const errors = new Map<string, string>()

  beforeAll(async () => {
    const tsc = locate("typescript/bin/tsc")
    const { output } = await node(folders[line], [tsc, "-p", "tsconfig.snippets.json", "--pretty", "false"], 300_000)
    let file = ""
    for (const text of output.split("\n").filter((text) => text !== "")) {
      file = /^(?:\.snippets\/)?(.*?)\(\d+,\d+\): error/.exec(text)?.[1] ?? file
      errors.set(file, `${errors.get(file) ?? ""}${text}\n`)
    }
  }, 300_000)

  it.each(all.map(({ origin, file }) => [origin, file]))("%s", (_origin, file) => {
    assert.strictEqual(errors.get(file) ?? "", "")
  })

  it("and so does what they import", () => {
    const known = new Set(all.map(({ file }) => file))
    const others = [...errors].filter(([file]) => !known.has(file)).map(([, text]) => text)
    assert.isEmpty(others, others.join("\n"))
  })
})

describe("programs run", () => {
  const programs = snippets.filter(({ use }) => use === "run")
  const tsx = pathToFileURL(locate("tsx")).href

  it.concurrent.each(programs.map(({ origin, file, line }) => [origin, file, line] as const))(
    "%s",
    async (_origin, file, line) => {
      const folder = folders[line]
      const { code, output } = await node(folder, ["--import", tsx, join(folder, ".snippets", file)], 60_000)
      assert.strictEqual(code, 0, output)
    },
    70_000
  )
})
