/** The project of a filter. An unknown or archived one is only a warning. */
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ids from "../input/ids.ts"
import * as Screen from "../terminal/screen.ts"
import { checkProjects } from "./projects.ts"
import type { Connection } from "./server.ts"

/** Reads the projects if a filter names one. At a terminal, an exact name is replaced by its id. */
export const filterProject = Effect.fnUntraced(function* (
  command: "audit" | "history",
  connection: Connection,
  given: Option.Option<ProjectId>
) {
  const none: ReadonlyArray<string> = []
  if (Option.isNone(given)) return { project: undefined, names: {}, warn: (_: Iterable<string>) => Effect.void }
  // the command may read the project itself, so the warning comes last
  const { ids, names, projects } = yield* checkProjects(command, connection, [given.value], Effect.succeed)
  const [project = given.value] = ids
  return {
    project,
    names,
    /** Prints the warning, unless the command has read this project. */
    warn: (shown: Iterable<string>) => {
      const lines = projects === undefined ? none : Ids.unknownIn([project], projects).map(({ what }) => what)
      const archived = Ids.archivedIn(projects ?? []).has(project) ? [`${Ids.named(project, names)} is archived`] : none
      const all = [...archived, ...(new Set(shown).has(project) ? none : lines)]
      return Effect.forEach(all, (line) => Screen.warn(`${command}: ${line}`), { discard: true })
    }
  }
})
