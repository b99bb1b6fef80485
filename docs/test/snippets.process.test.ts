import { execFile, fork } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
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
    const tsc = join(dirname(locate("typescript-7/package.json")), "bin/tsc")
    const { output } = await node(folders[line], [tsc, "-p", "tsconfig.snippets.json", "--pretty", "false"], 590_000)
    let file = ""
    for (const text of output.split("\n").filter((text) => text !== "")) {
      file = /^(?:\.snippets\/)?(.*?)\(\d+,\d+\): error/.exec(text)?.[1] ?? file
      errors.set(file, `${errors.get(file) ?? ""}${text}\n`)
    }
  }, 600_000)

  it.each(all.map(({ origin, file }) => [origin, file]))("%s", (_origin, file) => {
    assert.strictEqual(errors.get(file) ?? "", "")
  })

  it("and so does what they import", () => {
    const known = new Set(all.map(({ file }) => file))
    const others = [...errors].filter(([file]) => !known.has(file)).map(([, text]) => text)
    assert.isEmpty(others, others.join("\n"))
  })
})

/** One process for all examples of a line: starting one for each would take a second each. */
describe.each(lines)("examples for %s run", (line) => {
  const all = snippets.filter((snippet) => snippet.line === line && snippet.use === "run")
  const directory = join(folders[line], ".snippets")
  const ended = new Set<string>()
  const errors = new Map<string, string>()
  let code: number | null = null

  beforeAll(async () => {
    const runner = fileURLToPath(new URL("support/runExamples.mjs", import.meta.url))
    const tsx = pathToFileURL(locate("tsx")).href
    const files = all.map(({ file }) => join(directory, file))
    const child = fork(runner, files, {
      cwd: folders[line],
      execArgv: ["--import", tsx],
      silent: true,
      timeout: 590_000
    })
    child.on("message", ({ error, file }: { readonly file: string; readonly error?: string }) => {
      ended.add(file)
      if (error !== undefined) errors.set(file, `${errors.get(file) ?? ""}${error}\n`)
    })
    code = await new Promise((resolve) => child.on("close", resolve))
  }, 600_000)

  it.each(all.map(({ origin, file }) => [origin, join(directory, file)]))("%s", (_origin, file) => {
    assert.strictEqual(errors.get(file) ?? "", "")
    assert.isTrue(ended.has(file), "it was not begun, or did not end")
  })

  it("and leave nothing behind that keeps the process alive", () => {
    assert.strictEqual(code, errors.size === 0 ? 0 : 1)
  })
})
