/** The page of an audit: the built page with a matrix in it. */
import { visible, visibleJson } from "@checkpoint-permissions/protocol/text"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { markup, type PageData, script, scriptHash, style, styleHash } from "#page"
import { formatCreator, hasServerOwner, nameOf, projects } from "../audit/cells.ts"
import type { AccessMatrix, Row } from "../audit/matrix.ts"
import { footer, logNote, recordLines, reviewNote, reviewSentences, reviewTime } from "./entries.ts"
import { groupOf } from "./list.ts"
import { titleOf } from "./rows.ts"
import { sentences } from "./text.ts"

const seconds = (time: DateTime.Utc): number => Math.floor(DateTime.toEpochMillis(time) / 1000)

/** Returns the data of the page's script. Each project is there once, and permissions refer to it by its index. */
export const dataOf = (matrix: AccessMatrix): PageData => {
  const columns = projects(matrix)
  const positions = new Map<string, number>(columns.map((project, index) => [project, index]))
  const noteOf = (row: Row): string => {
    const log = row.permissions.length === 0 ? logNote(matrix, { cell: { _tag: "NoPermission" }, row }) : ""
    return [reviewTime(matrix, row).trim(), log].filter((note) => note !== "").join("; ")
  }
  const notesOf = (row: Row) =>
    [
      ...(row.owner === undefined || hasServerOwner(row) ? [] : [[row.owner, "owner by the policy"] as const]),
      ...(row.review?.projects ?? []).map((reviewed) => [reviewed.project, reviewNote({ reviewed }).trim()] as const)
    ].flatMap(([project, note]) => {
      const at = positions.get(project)
      return at === undefined || note === "" ? [] : [[at, note] as const]
    })
  return {
    apiUrl: matrix.apiUrl,
    ...(matrix.organization === undefined ? {} : { organization: matrix.organization }),
    ...(matrix.project === undefined ? {} : { oneProject: true }),
    createdAt: seconds(matrix.createdAt),
    ...(matrix.review === undefined
      ? {}
      : {
          review: [
            ...sentences(reviewSentences(matrix)),
            ...(matrix.review.files ?? []).flatMap(({ file }) => recordLines(matrix, file))
          ]
        }),
    projects: columns.map((project) => [project, nameOf(matrix, project) ?? ""]),
    checkpoints: matrix.rows.map((row) => {
      const owner = row.owner !== undefined && hasServerOwner(row) ? positions.get(row.owner) : undefined
      const note = noteOf(row)
      const notes = notesOf(row)
      return {
        id: row.checkpoint,
        readAt: seconds(row.readAt),
        ...(owner === undefined ? {} : { owner }),
        ...(row.complete ? {} : { error: row.reason }),
        ...(note === "" ? {} : { note }),
        ...(row.review === undefined ? {} : { group: groupOf(matrix, row) }),
        ...(notes.length === 0 ? {} : { notes }),
        ...(row.retires === undefined ? {} : { retires: row.retires }),
        permissions: row.permissions.flatMap(({ by, created_at, id, project_id }) => {
          const project = positions.get(project_id)
          if (project === undefined) return []
          const actor = by === undefined ? ([] as const) : ([formatCreator(by)] as const)
          return [[project, created_at, id, ...actor] as const]
        })
      }
    })
  }
}

/** Returns JSON for a script element: it contains no tag, comment or invisible character. */
const embedded = (data: PageData): string =>
  visibleJson(JSON.stringify(data)).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** Escapes untrusted text for markup. */
const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? "")

/**
 * Returns the matrix as one page that works from disk. Its matrix and list can be filtered, sorted, linked to and
 * printed. Its content security policy allows only its own script and style. The page loads and sends nothing.
 *
 * @category rendering
 */
export const toHtml = (
  matrix: AccessMatrix,
  {
    notes = [],
    title = titleOf(matrix)
  }: {
    readonly title?: string | undefined
    /** Further parts of the title. */
    readonly notes?: ReadonlyArray<string> | undefined
  } = {}
): Effect.Effect<string> =>
  Effect.sync(() => {
    const places: Readonly<Record<string, string>> = {
      script,
      style,
      scriptHash,
      styleHash,
      title: escaped([title, ...notes].join(" – ")),
      summary: escaped(footer(matrix).join(" ")),
      data: embedded(dataOf(matrix))
    }
    // in one pass: placeholders in inserted text are not replaced
    return markup.replace(/\{\{(\w+)\}\}/g, (_, name: string) => places[name] ?? "")
  })
