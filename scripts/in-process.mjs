/**
 * A preload (`node --import`) of `npm test`: its tests start no process and load no compiler. A test that does is in a file
 * `*.process.test.ts`.
 */
import childProcess from "node:child_process"
import Module, { syncBuiltinESMExports } from "node:module"
import { isMainThread } from "node:worker_threads"

/** @param {string} what @returns {never} */
const refuse = (what) => {
  throw new Error(`${what} in npm test: move the test to a file *.process.test.ts`)
}

// The runner of the tests starts its workers, which are threads or processes with a channel.
if (!isMainThread || process.send !== undefined) {
  const names = /** @type {const} */ (["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"])
  for (const name of names) Reflect.set(childProcess, name, () => refuse(name))
  const load = Reflect.get(Module, "_load")
  Reflect.set(Module, "_load", (/** @type {string} */ name, /** @type {ReadonlyArray<unknown>} */ ...others) =>
    /(?:^|[/\\]node_modules[/\\])typescript(?:$|[/\\])/.test(name) ? refuse("a compiler") : load(name, ...others)
  )
  syncBuiltinESMExports()
}
