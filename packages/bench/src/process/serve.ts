import type { Contender } from "../contenders/contender.ts"
import type { Job, Sample } from "./job.ts"

const perform = (contender: Contender, job: Job): Promise<number> => {
  switch (job._tag) {
    case "stream":
      return contender.stream(job.checkpoint, job.limit)
    case "slowly":
      return contender.slowly(job.checkpoint, job.limit, job.pause)
    case "lists":
      return contender.lists(job.checkpoint, job.count, job.concurrency)
  }
}

/** Runs the jobs that this process is sent, one by one, and says what each took. */
export const serve = (contender: Contender): void => {
  process.on("message", async (job: Job) => {
    const cpu = process.cpuUsage()
    const start = performance.now()
    const answer = await perform(contender, job)
    const wall = performance.now() - start
    const { system, user } = process.cpuUsage(cpu)
    const sample: Sample = { wall, cpu: (system + user) / 1000, maxRss: process.resourceUsage().maxRSS, answer }
    process.send?.(sample)
  })
  process.on("disconnect", () => process.exit())
  process.send?.("ready")
}
