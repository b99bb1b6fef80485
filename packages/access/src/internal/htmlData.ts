import type * as DateTime from "effect/DateTime"
import { nameOf, projects } from "./matrixCells.ts"
import type { AccessMatrix } from "./matrixModel.ts"
import { second } from "./renderParts.ts"
import { ascii } from "./renderText.ts"

export const utc = (time: DateTime.Utc): string => second(time).replace("T", " ").replace("Z", " UTC")

/** In JSON these stand in texts only, where they can be spelt out: no tag and no comment begins or ends. */
const markup = /[<>&]/g

const spelt = (character: string): string => `\\u00${character.charCodeAt(0).toString(16)}`

/** What the script of the page reads: each project once, cells by the number of their project. */
export const dataOf = (matrix: AccessMatrix): string => {
  const columns = projects(matrix)
  const numbers = new Map<string, number>(columns.map((project, index) => [project, index]))
  const numberOf = (project: string | undefined): number => (project === undefined ? -1 : (numbers.get(project) ?? -1))
  const data = {
    projects: columns.map((project) => [project, nameOf(matrix, project) ?? ""]),
    rows: matrix.rows.map((row) => ({
      c: row.checkpoint,
      r: utc(row.readAt),
      o: numberOf(row.owner),
      w: row.complete ? null : row.reason,
      p: row.permissions.flatMap(({ created_at, id, project_id }) => {
        const project = numberOf(project_id)
        return project === -1 ? [] : [[project, created_at, id]]
      })
    }))
  }
  return ascii(JSON.stringify(data)).replace(markup, spelt)
}
