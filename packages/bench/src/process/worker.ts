/** A contender in its own process. It runs the jobs that it receives one by one, and reports the time of each. */
import { readFileSync } from "node:fs"
import type { Contender, Make } from "../contenders/contender.ts"
import type { Job, Sample } from "./job.ts"

const load: Readonly<Record<string, () => Promise<{ readonly make: Make }>>> = {
  openai: () => import("../contenders/openai.ts"),
  ours: () => import("../contenders/ours.ts"),
  http: () => import("../contenders/http.ts"),
  hand: () => import("../contenders/byHand.ts")
}

/** Returns the peak resident memory, in KiB. `maxRSS` would include that of the parent process. */
const peak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? Number.NaN)

const perform = async (contender: Contender, job: Job): Promise<number> => {
  if (job._tag === "lists") return contender.lists("ft:bench:10", job.count)
  if (job._tag === "stream") return contender.stream(`ft:bench:${job.permissions}`)
  await contender.stream(`ft:bench:${job.few}`)
  const before = peak()
  await contender.stream(`ft:bench:${job.many}`)
  return peak() - before
}

const [, , name = "", apiUrl = ""] = process.argv
// the build selects the Effect version
const loaded = await load[name.replace(/[34]$/, "")]?.()
if (loaded === undefined) throw new Error(`no contender ${name}`)
const contender = await loaded.make(apiUrl)

process.on("message", async (job: Job) => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const answer = await perform(contender, job)
  const wall = performance.now() - start
  const { system, user } = process.cpuUsage(cpu)
  const sample: Sample = { wall, cpu: (system + user) / 1000, answer }
  process.send?.(sample)
})
process.on("disconnect", () => process.exit())
process.send?.({})
