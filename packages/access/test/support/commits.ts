/** Commits of a policy, and the plan of what they ask for, on a fake in virtual time. */
import { Organization, Pacing } from "@checkpoint-permissions/client"
import { DateTime, Effect, Either, Redacted } from "effect"
import { Access, AccessChanges, AccessPlan, type AccessPolicy } from "../../src/index.ts"

export const organization = Organization.layer({ adminKey: Redacted.make("sk-admin-test"), pacing: Pacing.none })

/** A commit with a short id, at a time in Unix milliseconds. Without a policy it is invalid. */
export const commit = (id: string, at: number, policy?: AccessPolicy.AccessPolicy): AccessChanges.PolicyCommit => ({
  id,
  at: DateTime.unsafeMake(at),
  subject: `change ${id}`,
  policy
})

/** The changes of commits, oldest first. The last one has a policy. */
export const changesOf = (
  base: AccessChanges.PolicyCommit | undefined,
  ...commits: ReadonlyArray<AccessChanges.PolicyCommit>
): AccessChanges.AccessChanges => {
  const head = commits.at(-1) ?? base
  if (head?.policy === undefined) throw new Error("no policy at HEAD")
  return Either.getOrThrow(AccessChanges.make({ base, commits, head, policy: head.policy }))
}

/** Plans what commits and approvals ask for, as the command line does. */
export const planSince = Effect.fnUntraced(function* (
  changes: AccessChanges.AccessChanges,
  options: { readonly approved?: AccessPlan.AccessPlan | undefined; readonly all?: boolean } = {}
) {
  const { all = false, approved } = options
  const now = yield* DateTime.now
  const others = (approved?.checkpoints ?? []).map(({ checkpoint }) => checkpoint)
  const part = yield* AccessChanges.scopeOf(changes, DateTime.formatIsoDateUtc(now), others)
  const scope = all ? undefined : { ...part, removed: [] }
  const plan = yield* Access.plan(changes.policy, { scope })
  const since = AccessChanges.oldestGrant(plan, changes, approved)
  const evidence =
    since === undefined ? { changes: [] } : yield* Effect.provide(AccessChanges.readEvidence(since), organization)
  return AccessChanges.newest(plan, changes, { evidence, now: yield* DateTime.now, approved, all })
})

/** The steps of a plan in short, grants first: `+ proj_a a`, and the reason of one that is left out. */
export const shownSteps = ({ checkpoints }: AccessPlan.AccessPlan): Array<string> =>
  checkpoints
    .flatMap(({ checkpoint, steps }) =>
      steps.map((step) => {
        const note = step.left ?? (step.although === undefined ? undefined : `although ${step.although}`)
        const line = `${AccessPlan.isGrant(step) ? "+" : "-"} ${step.project} ${checkpoint.split(":")[3]}`
        return note === undefined ? line : `${line}: ${note}`
      })
    )
    .sort()
