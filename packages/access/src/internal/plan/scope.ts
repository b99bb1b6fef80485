/** The selection of a policy's part to plan. */
import * as Either from "effect/Either"
import type { InvalidPolicy } from "../policy/diagnostic.ts"
import { endedBy } from "../policy/ends.ts"
import type { AccessPolicy } from "../policy/model.ts"
import { meaningOf, resolve } from "../policy/resolve.ts"
import type { PlanScope } from "./model.ts"

/**
 * Returns the part of a policy that differs from another policy, or has access that ended before `day` (`2027-01-31`,
 * UTC). Compares owner, mode, projects and their ends. Groups are replaced by their projects. The reason of an end
 * makes no difference. Without `base`, covers only access that has ended.
 *
 * Fails for an invalid policy that was made in code.
 *
 * @category constructors
 */
export const scopeOf = (
  policy: AccessPolicy,
  { base, day }: { readonly base?: AccessPolicy | undefined; readonly day: string }
): Either.Either<PlanScope, InvalidPolicy> =>
  Either.gen(function* () {
    const entries = yield* resolve(policy)
    const former = base === undefined ? entries : yield* resolve(base)
    const meanings = new Map(former.map((one) => [one.checkpoint, JSON.stringify(meaningOf(one))]))
    const present = new Set(entries.map(({ checkpoint }) => checkpoint))
    const isChanged = (one: (typeof entries)[number]) => meanings.get(one.checkpoint) !== JSON.stringify(meaningOf(one))
    const ids = (some: typeof entries) => some.map(({ checkpoint }) => checkpoint)
    return {
      entries: entries.length,
      changed: ids(entries.filter(isChanged)),
      ended: ids(entries.filter((one) => !isChanged(one) && endedBy(one.ends, day).size > 0)),
      removed: ids(former.filter(({ checkpoint }) => !present.has(checkpoint))),
      ...(base === undefined ? { onlyEnded: true as const } : {})
    }
  })
