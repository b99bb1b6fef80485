/**
 * Errors in the reference: what an error has of its own stands with it, what all errors of a module have stands once
 * in a table, and what a class only inherits from Effect is left out.
 */
import { Comment, type DeclarationReflection, type ProjectReflection, ReflectionKind } from "typedoc"

/** A cell of a table holds no bar and no line break. */
export const cell = (text: string): string =>
  text
    .replaceAll("|", "\\|")
    .replace(/\s*\n\s*/g, " ")
    .trim()

const first = (comment: Comment | undefined): string =>
  cell(Comment.combineDisplayParts(comment?.summary).split(/(?<=[.:])\s/)[0] ?? "").replace(/:$/, ".")

const isError = ({ extendedTypes = [] }: DeclarationReflection): boolean =>
  extendedTypes.some((type) => /YieldableError|TaggedError/.test(type.toString()))

const isField = ({ name, kind }: DeclarationReflection): boolean =>
  kind === ReflectionKind.Property && name !== "_tag" && /^\w+$/.test(name)

/** Removes from every class what it inherits, and returns the table of errors of each module that has some. */
export const takeErrors = (
  project: ProjectReflection,
  commentOf: (module: string) => string
): ReadonlyMap<string, string> => {
  const tables = new Map<string, string>()
  for (const module of project.children ?? []) {
    const classes = (module.children ?? []).filter(({ kind }) => kind === ReflectionKind.Class)
    const errors = classes.filter(isError)
    const fields = errors.map((error) => (error.children ?? []).filter(isField))
    const shared = new Set(
      errors.length < 3
        ? []
        : (fields[0] ?? [])
            .map(({ name }) => name)
            .filter((name) => fields.every((own) => own.some((field) => field.name === name)))
    )
    const rows = [...shared].map((name) => {
      const field = fields[0]?.find((field) => field.name === name)
      return `| \`${name}\` | \`${cell(field?.type?.toString() ?? "")}\` | ${first(field?.comment)} |`
    })
    const written = commentOf(module.name)
    const list = errors.map((error, index) => {
      const own = (fields[index] ?? []).filter(({ name }) => !shared.has(name)).map(({ name }) => `\`${name}\``)
      const [when = first(error.comment), retried = ""] =
        new RegExp(`^\\| \`${error.name}\` \\| (.*?) \\| (.*?) \\|$`, "m").exec(written)?.slice(1) ?? []
      const name = `[\`${error.name}\`](#${error.name.toLowerCase()})`
      return `| ${name} | ${when} | ${retried} | ${own.join(", ")} |`
    })
    for (const each of classes) {
      const keep = isError(each)
        ? (child: DeclarationReflection) => isField(child) && !shared.has(child.name)
        : (child: DeclarationReflection) => child.inheritedFrom === undefined
      for (const child of [...(each.children ?? [])]) {
        if (keep(child)) {
          delete child.inheritedFrom
          delete child.defaultValue
        } else {
          project.removeReflection(child)
        }
      }
      delete each.extendedTypes
    }
    if (errors.length > 2) {
      tables.set(
        module.name,
        [
          "## All errors",
          ["| Error | When | Retried | Fields of its own |", "| --- | --- | --- | --- |", ...list].join("\n"),
          "Each has also `_tag`, its name; `message`, one line that says what to do; and:",
          ["| Field | Type | What it says |", "| --- | --- | --- |", ...rows].join("\n")
        ].join("\n\n")
      )
    }
  }
  return tables
}
