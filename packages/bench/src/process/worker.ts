/** A contender in a process of its own: runs the jobs it is sent, one by one, and says what each took. */
import type { Contender } from "../contenders/contender.ts"
import type { ContenderName, Job, Sample } from "./job.ts"

const load: Record<ContenderName, () => Promise<{ readonly make: (baseUrl: string) => Contender }>> = {
  ours: () => import("../contenders/ours.ts"),
  openai: () => import("../contenders/openai.ts"),
  aiOpenai: () => import("../contenders/aiOpenai.ts"),
  bare: () => import("../contenders/bare.ts"),
  floor: () => import("../contenders/floor.ts")
}

const isContender = (name: string): name is ContenderName => name in load

const [, , name = "", baseUrl = ""] = process.argv
if (!isContender(name)) throw new Error(`no contender ${name}`)
const contender = (await load[name]()).make(baseUrl)

const perform = (job: Job): Promise<number> => {
  switch (job._tag) {
    case "stream":
      return contender.stream(job.checkpoint, job.limit)
    case "slowly":
      return contender.slowly(job.checkpoint, job.limit, job.pause)
    case "lists":
      return contender.lists(job.checkpoint, job.count, job.concurrency)
  }
}

process.on("message", async (job: Job) => {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const answer = await perform(job)
  const wall = performance.now() - start
  const { system, user } = process.cpuUsage(cpu)
  const sample: Sample = { wall, cpu: (system + user) / 1000, maxRss: process.resourceUsage().maxRSS, answer }
  process.send?.(sample)
})
process.on("disconnect", () => process.exit())
process.send?.("ready")
