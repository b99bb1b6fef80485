/**
 * Runs the examples that its arguments name, one after the other, and tells its parent what became of each. It ends
 * when none of them holds it any longer, as a program of its own would.
 */
import { pathToFileURL } from "node:url"
import { inspect } from "node:util"

let running = ""
const fail = (/** @type {unknown} */ error) => {
  process.exitCode = 1
  process.send?.({ file: running, error: inspect(error) })
}

// an unawaited failure belongs to the example that started last
process.on("unhandledRejection", fail)
process.on("uncaughtException", fail)

for (const file of process.argv.slice(2)) {
  running = file
  try {
    await import(pathToFileURL(file).href)
    process.send?.({ file })
  } catch (error) {
    fail(error)
  }
}
