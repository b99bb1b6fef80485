import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { oneLine, shown } from "../text.ts"
import { type Issue, issuesOf, type Path, pathText } from "./issues.ts"
import { groupsOf, twice, unknownGroups } from "./lint.ts"
import type { Mistake } from "./mistake.ts"
import type { AccessPolicy, State } from "./model.ts"
import { Shape } from "./schema.ts"

const decode = Schema.decodeUnknownEither(Shape)

/** A value has no lines. */
const mistake = (path: Path, message: string): Mistake => ({
  file: undefined,
  line: 0,
  column: 0,
  path: pathText(path),
  message: oneLine(message, 1500)
})

/** Checks a value that was made in code as a file is checked. */
export const make = (value: unknown): Either.Either<AccessPolicy, Arr.NonEmptyReadonlyArray<Mistake>> => {
  const decoded = decode(value)
  const issues: ReadonlyArray<Issue> = [
    ...(Either.isLeft(decoded) ? issuesOf(decoded.left) : []),
    ...twice(value),
    ...unknownGroups(value, new Set(groupsOf(value)))
  ]
  return Arr.isNonEmptyReadonlyArray(issues)
    ? Either.left(Arr.map(issues, ({ path, message }) => mistake(path, message)))
    : Either.mapLeft(decoded, ({ message }) => [mistake([], message)])
}

/** What a server says, as a policy that asks for just that. */
export const fromState = (states: Iterable<State>): Either.Either<AccessPolicy, Arr.NonEmptyReadonlyArray<Mistake>> => {
  const checkpoints = new Map<string, { readonly owner?: string; readonly projects: ReadonlyArray<string> }>()
  const mistakes: Array<Mistake> = []
  for (const { checkpoint, owner, projects } of states) {
    const path = ["checkpoints", checkpoint]
    if (checkpoints.has(checkpoint)) mistakes.push(mistake(path, "this checkpoint is given twice: give it once"))
    const once = [...new Set<string>(projects)]
    for (const [index, project] of once.entries()) {
      if (!project.startsWith("@")) continue
      const why = "a policy takes what begins with @ for a group: leave this checkpoint out, and look after it by hand"
      mistakes.push(
        mistake([...path, "projects", index], `no policy can hold the project ${shown(project, 600)}, ${why}`)
      )
    }
    checkpoints.set(checkpoint, { ...(owner === undefined ? {} : { owner }), projects: once })
  }
  if (Arr.isNonEmptyReadonlyArray(mistakes)) return Either.left(mistakes)
  return make({ version: 1, checkpoints: Object.fromEntries(checkpoints) })
}
