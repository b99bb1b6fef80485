/** Projects as saved files list them, by which a misspelt one is told. */
import * as AccessMatrix from "@checkpoint-permissions/access/AccessMatrix"
import * as Inventory from "@checkpoint-permissions/access/Inventory"
import { printable } from "@checkpoint-permissions/access/TerminalText"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Screen from "../terminal/screen.ts"

export interface ProjectList {
  readonly file: string
  readonly projects: ReadonlyArray<string>
  /** Whether those without access may be missing. */
  readonly isPartial?: boolean
}

export const ofInventory = (file: string, { projects }: Inventory.Inventory): ProjectList => ({
  file,
  projects: projects.list.map(({ id }) => id)
})

/** The projects that an audit shows, asked about or has names of. */
export const ofAudit = (file: string, audit: AccessMatrix.AccessMatrix): ProjectList => ({
  file,
  isPartial: true,
  projects: [
    ...AccessMatrix.projects(audit),
    ...Object.keys(audit.names),
    ...(audit.project === undefined ? [] : [audit.project])
  ]
})

/** Warns of a project that no list has: since they were saved there may be new ones. */
export const warnOfStranger = (project: Option.Option<string>, lists: ReadonlyArray<ProjectList>) =>
  Effect.gen(function* () {
    const screen = yield* Screen.Screen
    const files = lists.map(({ file }) => printable(file)).join(" or ")
    const which = lists.every(({ isPartial }) => isPartial) ? ", which knows only those with access or a name" : ""
    const known = lists.flatMap(({ projects }) => projects)
    const found = lists.length === 0 ? [] : Inventory.strangers(Option.toArray(project), known, files + which)
    yield* Effect.forEach(found, screen.complain, { discard: true })
  })
