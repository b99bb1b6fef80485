/** The common parts of the tests of plans and applies. */
import { Effect, Stream } from "effect"
import { Access, AccessPlan, type AccessStep, Journal } from "../../src/index.ts"

/** The steps of an apply. */
export const applied = (plan: AccessPlan.AccessPlan, options?: Access.ApplyOptions) =>
  Effect.map(Stream.runCollect(Access.apply(plan, options)), (steps) => [...steps])

export const tagsOf = (steps: ReadonlyArray<AccessStep.AccessStep>) => steps.map(({ _tag }) => _tag)

export const sorted = (ids: ReadonlyArray<string>) => [...ids].sort()

interface Steps {
  readonly grants: ReadonlyArray<string>
  readonly revokes: ReadonlyArray<string>
  readonly unchanged: ReadonlyArray<string>
  readonly ownerProjects: ReadonlyArray<string>
}

/** The steps of a plan at its first checkpoint, or at another one. */
export const stepsOf = (plan: AccessPlan.AccessPlan, index = 0): Steps => {
  const { kept = [], steps = [] } = plan.checkpoints[index] ?? {}
  const made = steps.filter(({ left }) => left === undefined)
  return {
    grants: AccessPlan.grantsIn(made),
    revokes: made.filter(AccessPlan.isRevoke).map(({ project, why }) => `${project} ${why}`),
    unchanged: kept,
    ownerProjects: steps.flatMap(({ left, project }) => (left === "owns the model" ? [project] : []))
  }
}

/** A plan as its file has it. */
export const saved = ({ snapshots: _, ...plan }: AccessPlan.AccessPlan): AccessPlan.AccessPlan => plan

/** Saves and loads a plan, as another run would. */
export const reloaded = (plan: AccessPlan.AccessPlan) => Effect.flatMap(AccessPlan.toJson(plan), AccessPlan.fromJson)

/** A journal in memory, which takes so many lines. */
export const recorder = (most = Number.POSITIVE_INFINITY) => {
  const entries: Array<Journal.Entry> = []
  const journal: Journal.Journal = {
    write: (lines) =>
      entries.length + lines.length > most
        ? new Journal.JournalFailed({ journal: "test", reason: "disk full" })
        : Effect.sync(() => void entries.push(...lines))
  }
  return { entries, journal, outcomes: () => entries.map(({ outcome }) => outcome) }
}
