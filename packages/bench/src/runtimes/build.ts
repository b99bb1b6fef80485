/** Bundles the smoke programs and their server, with the library in them as it is published and Effect outside. */
import { bundleForEffect4, bundleForNode, output } from "../build.ts"

await bundleForNode(["runtimes/emulator", "runtimes/smoke"])
await bundleForEffect4("runtimes/smoke4", output)
process.stdout.write(`${output}\n`)
