/** Random calls that are interrupted. The tests of each Effect version run them, and check that nothing is left behind. */
import * as faults from "@checkpoint-permissions/fake/faults"
import { checkpoint, projects, randomOf } from "./builders.ts"

/** Returns a call and its interruption. All of it follows from the seed. */
export const interruptedOf = (seed: number) => {
  const { below, pick } = randomOf(seed)
  return {
    seed,
    operation: pick("list", "create", "delete", "stream", "left", "pages"),
    region: pick("plain", "uninterruptible", "finishInFlight", "finalizer", "scoped"),
    pacing: pick("none", "adaptive", "fixed", "bucket", "decorated"),
    retry: pick("standard", "quick", "none"),
    faults: pick(0, 0.1, 0.4),
    /** The number of operations after which a fiber yields. */
    steps: below(2) === 0 ? 11 + below(37) : 2000 + below(101),
    /** The turns of the scheduler before the interruption. If it is `undefined`, the interruption comes after `millis`. */
    turns: below(3) === 0 ? undefined : below(80),
    millis: below(3000),
    /** The number of other calls that run concurrently. */
    rivals: below(4),
    /** The deadline of the call, in milliseconds. */
    deadline: pick(undefined, 60_000, 2000, 300)
  }
}

export type Interrupted = ReturnType<typeof interruptedOf>

/** Returns the server of such a call, as options of the fake. */
export const interruptedServer = ({ faults: probability, seed }: Interrupted) => ({
  seed: { [checkpoint]: projects(40) },
  behavior: { latency: 100 },
  faults: faults.random({
    seed,
    probability,
    kinds: ["rate-limited", "server-error", "drop-before", "drop-after", "latency"],
    consecutive: 2
  })
})

/** Returns the maximum duration of six later calls, in milliseconds. A lost permit costs a minute. */
export const longestAfter = ({ faults, pacing }: Interrupted): number => {
  if (pacing === "none") return 500
  if (pacing === "adaptive") return faults === 0 ? 500 : 3_600_000
  // a Retry-After of the fake is at most half a minute
  return faults === 0 ? 8000 : 40_000
}
