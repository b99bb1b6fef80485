/** An inventory for people. */
import { pluralize, printable } from "@checkpoint-permissions/protocol/text"
import { day } from "../render/parts.ts"
import { aligned, wrap } from "../render/text.ts"
import type { Inventory, InventoryCheckpoint, InventoryProject } from "./model.ts"
import { strangers } from "./strangers.ts"

const projectOf = ({ projects }: Inventory, id: string): InventoryProject | undefined =>
  projects.list.find((project) => project.id === id)

/**
 * How a project is called: its name or else its id, and that it is archived.
 *
 * @category questions
 */
export const labelOf = (inventory: Inventory, id: string): string => {
  const project = projectOf(inventory, id)
  const name = project?.name?.trim() || id
  return project?.archivedAt == null ? name : `${name} (archived)`
}

/**
 * How many of these checkpoints no key of their project has shown: the day that is known is that of the base model. It is
 * one sentence or none.
 *
 * @category questions
 */
export const undated = (checkpoints: ReadonlyArray<InventoryCheckpoint>): ReadonlyArray<string> => {
  const { length } = checkpoints.filter(({ knownBy }) => !knownBy.includes("model") && !knownBy.includes("job"))
  if (length === 0) return []
  return [
    `The own retirement date of ${pluralize(length, "checkpoint")} is not known: no key of ${length === 1 ? "its" : "their"} project.`
  ]
}

/** The organization's projects whose keys worked. */
const keyedIn = ({ keys, projects }: Inventory): ReadonlyArray<InventoryProject> => {
  const worked = new Set(keys.flatMap(({ failed, project }) => (failed === null ? [project] : [])))
  return projects.list.filter(({ id }) => worked.has(id))
}

/**
 * What the inventory cannot say, a sentence each.
 *
 * @category questions
 */
export const unknowns = (inventory: Inventory): ReadonlyArray<string> => {
  const { checkpoints, keys, log, projects } = inventory
  const without = projects.list.length - keyedIn(inventory).length
  const deleted = checkpoints.filter(({ perhapsDeleted }) => perhapsDeleted)
  const reach = log.oldest === null ? "no event of a permission" : `no event of a permission before ${day(log.oldest)}`
  return [
    log.failed === null
      ? `The log shows ${reach}: a grant that it does not show is found only by reading its checkpoint.`
      : `The log could not be read: ${log.failed}`,
    ...(without === 0
      ? []
      : [
          `${pluralize(without, "project")} without a key here that works: what their jobs made is known from the log alone.`
        ]),
    ...strangers(
      keys.map(({ project }) => project),
      projects.list.map(({ id }) => id),
      "this organization"
    ).map((line) => (line.endsWith("?") ? line : `${line}.`)),
    ...keys.flatMap(({ failed, project }) =>
      failed === null ? [] : [`The key of ${labelOf(inventory, project)} could not be used: ${failed}`]
    ),
    ...undated(checkpoints),
    ...deleted.map(
      ({ checkpoint, job }) => `${checkpoint} is perhaps deleted: ${job} names it, its project lists it no more.`
    )
  ].map((line) => printable(line))
}

const projectsShown = (inventory: Inventory, { granted, owner }: InventoryCheckpoint): string => {
  const ids = [...new Set(granted.flatMap(({ project }) => project ?? []))].filter((id) => id !== owner)
  const labels = ids.map((id) => labelOf(inventory, id)).sort()
  return labels.length === 0 ? "-" : labels.join(", ")
}

const titles = ["CHECKPOINT", "BASE MODEL", "OWNER", "PROJECTS", "RETIRES"] as const

const cellsOf = (inventory: Inventory, one: InventoryCheckpoint): ReadonlyArray<string> =>
  [
    one.checkpoint,
    one.baseModel ?? "unknown",
    one.owner === null ? "unknown" : labelOf(inventory, one.owner),
    inventory.log.failed === null ? projectsShown(inventory, one) : "unknown",
    one.retires ?? "-"
  ].map((cell) => printable(cell))

/**
 * A table where it fits, otherwise a few lines for each checkpoint; below it, what is not known. The projects are those
 * that the log shows a grant of, and no end of it.
 *
 * @category rendering
 */
export const toTable = (
  inventory: Inventory,
  {
    checkpoints = inventory.checkpoints,
    width: columns = Number.POSITIVE_INFINITY
  }: {
    readonly checkpoints?: ReadonlyArray<InventoryCheckpoint> | undefined
    readonly width?: number | undefined
  } = {}
): string => {
  const rows = checkpoints.map((one) => cellsOf(inventory, one))
  const { lines, width } = aligned([titles, ...rows])
  const blocks = () =>
    rows.flatMap(([name = "", base = "", owner = "", projects = "", retires = ""]) => [
      name,
      ...[
        `base model ${base}, owner ${owner}${retires === "-" ? "" : `, retires ${retires}`}`,
        projects === "-"
          ? "no grant in the log"
          : `${inventory.log.failed === null ? "granted to" : "grants"} ${projects}`
      ].flatMap((text) => wrap(text, columns - 4).map((part) => `    ${part}`))
    ])
  const table = rows.length === 0 ? [] : width <= columns ? lines : blocks()
  const { log, projects } = inventory
  const keyed = keyedIn(inventory).length
  const sources = [
    `${pluralize(checkpoints.length, "checkpoint")}: those that the log names${log.failed === null ? "" : " (it could not be read)"}${keyed === 0 ? "" : `, and those of ${keyed} of ${pluralize(projects.list.length, "project")}, whose ${keyed === 1 ? "key is" : "keys are"} here`}.`,
    "A project is shown where the log has a grant of it, and no end of that. An audit reads what is so now.",
    ...unknowns(inventory)
  ]
  return `${[...table, ...(table.length === 0 ? [] : [""]), ...sources.flatMap((text) => wrap(text, columns))].join("\n")}\n`
}
