import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, it } from "vitest"

const preload = new URL("../in-process.mjs", import.meta.url).href

const inWorker = `
  import childProcess from "node:child_process"
  import { createRequire } from "node:module"
  for (const use of [
    () => childProcess.spawn(process.execPath, ["--version"]),
    () => childProcess.execFileSync(process.execPath, ["--version"]),
    () => createRequire(process.cwd() + "/")("typescript"),
    () => createRequire(process.cwd() + "/")("effect/Option")
  ]) {
    try {
      use()
      console.log("nothing")
    } catch (error) {
      console.log(error.message)
    }
  }`

it("npm test refuses processes and compilers in its workers", () => {
  const url = `data:text/javascript,${encodeURIComponent(inWorker)}`
  const program = `new (require("node:worker_threads").Worker)(new URL(${JSON.stringify(url)}))`
  const cwd = fileURLToPath(new URL("../..", import.meta.url))
  const printed = execFileSync(process.execPath, ["--import", preload, "--eval", program], { cwd, encoding: "utf8" })
  const move = "in npm test: move the test to a file *.process.test.ts"
  assert.deepStrictEqual(printed.trim().split("\n"), [
    `spawn ${move}`,
    `execFileSync ${move}`,
    `a compiler ${move}`,
    "nothing"
  ])
})
