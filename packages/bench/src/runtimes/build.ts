/** Bundles the smoke program and its server, with the library in them as it is published and Effect outside. */
import { bundleForNode, output } from "../build.ts"

await bundleForNode(["runtimes/emulator", "runtimes/smoke"])
process.stdout.write(`${output}\n`)
