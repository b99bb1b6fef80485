/**
 * Random grants on a server whose listings lag behind its writes for up to half a minute. The tests of each Effect version
 * run them, and check that each project has one permission afterwards.
 */
import * as faults from "@checkpoint-permissions/fake/faults"
import { checkpoint, projects, randomOf } from "./builders.ts"

/** Returns concurrent grants, and the server. All of it follows from the seed. Times are milliseconds. */
export const lateOf = (seed: number) => {
  const { below, pick } = randomOf(seed)
  const rivals = pick(1, 1, 2, 3)
  return {
    seed,
    projects: projects(1 + below(3)),
    /** When each process starts. */
    starts: [0, ...Array.from({ length: rivals - 1 }, () => below(pick(10, 2000, 30_000)))],
    lag: 500 + below(25_000),
    latency: pick(0, 50, 900),
    replyLatency: pick(0, 50, 900),
    regrant: pick("second", "second", "existing", "conflict", "bad-request"),
    partialCreate: pick("nothing", "others"),
    hasOwner: below(4) === 0,
    /** Lost replies of creates, which were executed or not. Another process may grant too only if none is lost. */
    losses:
      rivals > 1 ? [] : Array.from({ length: below(4) }, () => pick("done", "done", "not done", "refused", "none"))
  }
}

export type Late = ReturnType<typeof lateOf>

const lost = {
  done: faults.dropAfter(),
  "not done": faults.dropBefore("ECONNRESET"),
  refused: faults.error(502, { worked: true }),
  none: faults.latency({ after: 0 })
}

/** Returns the server of such grants, as options of the fake. */
export const lateServer = ({ hasOwner, lag, losses, seed, ...one }: Late) => ({
  randomSeed: seed,
  behavior: {
    regrant: one.regrant,
    partialCreate: one.partialCreate,
    latency: one.latency,
    replyLatency: one.replyLatency,
    listingLag: lag,
    owners: hasOwner ? { [checkpoint]: "proj_own" } : {}
  },
  faults: faults.scripted(
    losses.map((loss, index) => ({ fault: lost[loss], operation: "create" as const, nth: index + 1 }))
  )
})

/** Returns the projects of the grants. */
export const lateProjects = ({ hasOwner, projects }: Late): ReadonlyArray<string> =>
  hasOwner ? [...projects, "proj_own"] : projects
