/** A contender in a process of its own: does the jobs that it is sent, one by one, and says what each took. */
import { readFileSync } from "node:fs"
import type { Contender, Make } from "../contenders/contender.ts"
import type { Job, Sample } from "./job.ts"

const load: Readonly<Record<string, () => Promise<{ readonly make: Make }>>> = {
  openai: () => import("../contenders/openai.ts"),
  ours: () => import("../contenders/ours.ts"),
  http: () => import("../contenders/http.ts"),
  hand: () => import("../contenders/byHand.ts")
}

/** The largest resident memory so far, in KiB. `maxRSS` would begin with that of the process that started this one. */
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
// For which Effect it is, was decided when this was built.
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
