/** What became of each project of a grant or a revoke, a line each. */

import { printable } from "@checkpoint-permissions/access/TerminalText"
import type { ProjectId } from "@checkpoint-permissions/core/Identifiers"
import * as Effect from "effect/Effect"
import * as Screen from "../terminal/screen.ts"

type Outcomes = ReadonlyArray<readonly [projects: ReadonlyArray<ProjectId>, before: string, after: string]>

export const print = (outcomes: Outcomes) =>
  Effect.flatMap(Screen.Screen, (screen) =>
    screen.print(
      outcomes
        .flatMap(([projects, before, after]) =>
          projects.map((project) => `${[before, printable(project), after].filter((word) => word !== "").join(" ")}\n`)
        )
        .join("")
    )
  )
