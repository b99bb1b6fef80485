/** Bundles the smoke program and its server, with the library in them as it is published and Effect outside. */
import { build, effect4, output } from "../build.ts"

await build(["runtimes/emulator", "runtimes/smoke"], output)
await build(["runtimes/smoke"], `${output}/effect4`, effect4)
process.stdout.write(`${output}\n`)
