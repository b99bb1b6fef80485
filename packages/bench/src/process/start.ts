/**
 * Loads a bundled application in this fresh process and tells what it took
 * until the first line was printed, which the first reply brings.
 */
export {}

const [, , bundle = ""] = process.argv
const { log } = console

const cpu = process.cpuUsage()
const start = performance.now()
console.log = (...line) => {
  console.log = log
  const wall = performance.now() - start
  const { system, user } = process.cpuUsage(cpu)
  process.send?.({ wall, cpu: (system + user) / 1000, maxRss: process.resourceUsage().maxRSS, answer: line.length })
  process.disconnect?.()
  process.exit()
}
await import(bundle)
