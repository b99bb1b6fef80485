/** The most memory that a listing of 100,000 permissions takes, piped away; fails from 150 MB on. */
import { Effect } from "effect"
import { setup } from "../support/bundle.ts"
import { ofList } from "../support/memory.ts"

setup()
const { lines, mebibytes } = await Effect.runPromise(ofList(Number(process.argv[2] ?? 100_000)))
const megabytes = (mebibytes * 1024 * 1024) / 1e6
process.stdout.write(`list of ${lines} permissions, piped away: ${megabytes.toFixed(0)} MB at most\n`)
process.exitCode = megabytes < 150 ? 0 : 1
